package dev.sluice.samples.console;

import java.util.List;
import org.jline.utils.AttributedString;

/**
 * Turns a state into the lines of a {@link LiveView}.
 *
 * @param <S> the state
 */
@FunctionalInterface
public interface Drawing<S> {

    /**
     * Draws.
     *
     * @param state what to draw
     * @param width how many columns there are
     * @param height how many rows there are at most
     * @return the lines, none wider than that
     */
    List<AttributedString> draw(S state, int width, int height);
}
