package dev.sluice.testing;

import reactor.blockhound.BlockHound;
import reactor.blockhound.integration.BlockHoundIntegration;

/**
 * Tells BlockHound of the one place where a thread of a pool's user may wait for a lock: to hand the events of
 * {@link dev.sluice.PoolListener}s to the thread that tells them. That lock belongs to an executor of the JDK and is held
 * for the time of a few instructions, or while a thread starts.
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
    }
}
