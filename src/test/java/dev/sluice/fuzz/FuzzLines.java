package dev.sluice.fuzz;

import dev.sluice.flux.BufferFlux;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.reactivestreams.Publisher;

/** Line ends of three kinds in charsets of every width. */
public final class FuzzLines extends FuzzStream {

    private static final List<Charset> CHARSETS = List.of(
            StandardCharsets.UTF_8,
            StandardCharsets.ISO_8859_1,
            Charset.forName("Shift_JIS"),
            Charset.forName("GB18030"));

    @Override
    Publisher<?> read(BufferFlux bytes, Settings settings) {
        return bytes.lines(CHARSETS.get(settings.choice() % CHARSETS.size()), settings.limit());
    }

    @Override
    public List<byte[]> seeds() {
        return List.of(
                seed(0, FuzzSeeds.ascii("\u00ef\u00bb\u00bfid\n1\n")),
                seed(0, FuzzSeeds.ascii("a\r\nb\rc\n\r\n")),
                seed(1, FuzzSeeds.ascii("caf\u00e9\n")),
                seed(2, FuzzSeeds.ascii("\u0083\\\n\u0082\u00a0\r\n")),
                seed(3, FuzzSeeds.ascii("\u0081\u0030\u0081\u0030\n")));
    }

    @Override
    public List<byte[]> words() {
        return ascii("\r\n", "\u00ef\u00bb\u00bf", "\u00f0\u009f\u0098\u0080", "\0\n");
    }
}
