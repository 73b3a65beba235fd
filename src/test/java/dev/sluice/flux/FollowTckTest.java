package dev.sluice.flux;

/** The Reactive Streams TCK on {@link AnySource#FOLLOWED}. */
public class FollowTckTest extends SourceTck {

    public FollowTckTest() {
        super(AnySource.FOLLOWED);
    }
}
