package dev.sluice.fuzz;

import dev.sluice.flux.BufferFlux;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.reactivestreams.Publisher;

/** Characters cut anywhere, malformed, and of charsets that keep a state. */
public final class FuzzDecode extends FuzzStream {

    private static final List<Charset> CHARSETS =
            List.of(StandardCharsets.UTF_8, StandardCharsets.UTF_16, Charset.forName("ISO-2022-JP"));

    @Override
    Publisher<?> read(BufferFlux bytes, Settings settings) {
        CodingErrorAction action = settings.choice() < 128 ? CodingErrorAction.REPORT : CodingErrorAction.REPLACE;
        return bytes.decode(CHARSETS.get(settings.choice() % CHARSETS.size()), action);
    }

    @Override
    public List<byte[]> seeds() {
        return List.of(
                seed(0, FuzzSeeds.ascii("caf\u00c3\u00a9 \u00f0\u009f\u0098\u0080")),
                seed(128, FuzzSeeds.ascii("\u00c0\u0080\u00ed\u00a0\u0080\u00ff")),
                seed(1, FuzzSeeds.ascii("\u00fe\u00ff\0a\u00d8\u003d\u00de\0")),
                seed(2, FuzzSeeds.ascii("a\u001b(J\\\\\u001b(B")));
    }

    @Override
    public List<byte[]> words() {
        return ascii("\u00f0\u009f\u0098\u0080", "\u001b(J", "\u00fe\u00ff");
    }
}
