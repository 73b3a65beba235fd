package dev.sluice.samples.webfluxfiles;

/** What is known of a file, found out while it was written: nobody read it again for that. */
record StoredFile(String name, long bytes, long lines, String crc32c, String sha256) {}
