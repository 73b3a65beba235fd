package dev.sluice.testing;

import reactor.blockhound.BlockHound;
import reactor.blockhound.integration.BlockHoundIntegration;

/**
 * Tells BlockHound of the one lock for which a thread of a pool's user may wait: that of an executor of the JDK, to
 * which the pool hands the events of {@link dev.sluice.PoolListener}s and what is due later. It is held for the time of
 * a few instructions, or while a thread starts.
 *
 * <p>Found by {@link BlockHound#install} by itself; nothing calls this class.
 */
public final class SluiceBlockHoundIntegration implements BlockHoundIntegration {

    /** Called by BlockHound. */
    public SluiceBlockHoundIntegration() {}

    @Override
    public void applyTo(BlockHound.Builder builder) {
        builder.allowBlockingCallsInside("dev.sluice.EventDelivery", "deliverSoon");
        builder.allowBlockingCallsInside("dev.sluice.EventDelivery", "deliverLater");
        builder.allowBlockingCallsInside("dev.sluice.PoolSystemClock", "schedule");
        builder.allowBlockingCallsInside("dev.sluice.LeaseWatches", "start");
    }
}
