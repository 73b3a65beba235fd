package dev.sluice.netty;

import reactor.netty.http.HttpDecoderSpec;

/**
 * Lets the HTTP/1.1 decoder pass on what was read in one frame. By default it cuts it into frames of 8 KiB, each of
 * which costs the same objects as one of 256 KiB, and pins the same memory.
 */
final class EquipHttpChunks {

    private EquipHttpChunks() {}

    /**
     * Changes the size of a chunk, unless that was done before.
     *
     * @param fresh a specification with reactor-netty's defaults
     * @param existing that of the server or client, which is shared and stays as it is
     * @return what is to be used: the existing one, too, where it has settings that cannot be read
     */
    @SuppressWarnings("deprecation") // until 2.0 of reactor-netty, which is to have another decoder
    static <T extends HttpDecoderSpec<T>> T asRead(T fresh, T existing, BufferPoolAllocator allocator) {
        T same = fresh.maxInitialLineLength(existing.maxInitialLineLength())
                .maxHeaderSize(existing.maxHeaderSize())
                .validateHeaders(existing.validateHeaders())
                .initialBufferSize(existing.initialBufferSize())
                .allowDuplicateContentLengths(existing.allowDuplicateContentLengths())
                .h2cMaxContentLength(existing.h2cMaxContentLength())
                .allowPartialChunks(existing.allowPartialChunks());
        return same.equals(existing)
                ? same.maxChunkSize(AllocatorOfReads.of(allocator).most())
                : existing;
    }
}
