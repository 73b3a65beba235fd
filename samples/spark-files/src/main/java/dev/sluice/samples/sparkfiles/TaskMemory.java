package dev.sluice.samples.sparkfiles;

import dev.sluice.BufferPool;
import dev.sluice.LeakDetection;
import dev.sluice.MemoryBudget;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.apache.spark.TaskContext;

/**
 * The memory of one task attempt: a pool on a child of the executor's budget. It must be empty when the attempt ends.
 *
 * @param pool where the task's buffers come from
 */
record TaskMemory(BufferPool pool) {

    private static final long PATIENCE_NANOS = 1_000_000_000;

    private static final Map<Long, TaskMemory> ATTEMPTS = new ConcurrentHashMap<>();

    /** The memory of the task that the calling thread runs. */
    static TaskMemory current() {
        TaskContext task = TaskContext.get();
        TaskMemory memory = task == null ? null : ATTEMPTS.get(task.taskAttemptId());
        if (memory == null) {
            throw new IllegalStateException(
                    "no memory for this task: spark.plugins must name " + SluiceSparkPlugin.class.getName());
        }
        return memory;
    }

    /** Opens the memory of a task that begins. */
    static void open(TaskContext task, MemoryBudget executor, long bytes) {
        String name = "task " + task.stageId() + "." + task.partitionId() + "." + task.attemptNumber();
        BufferPool pool = BufferPool.builder()
                .name(name)
                .budget(executor.child(name, bytes))
                .leakDetection(LeakDetection.EVERY)
                .build();
        ATTEMPTS.put(task.taskAttemptId(), new TaskMemory(pool));
    }

    /** What a pipeline keeps for itself comes back a moment after its last signal, on the thread of its source. */
    private static boolean becomesEmpty(BufferPool pool) {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (pool.stats().buffersInUse() > 0 && System.nanoTime() < deadline) {
            LockSupport.parkNanos(1_000_000);
        }
        return pool.stats().buffersInUse() == 0;
    }

    /**
     * Closes the memory of a task that has ended.
     *
     * @throws IllegalStateException if buffers are still in use; the message says who holds them
     */
    static void close(TaskContext task) {
        TaskMemory memory = ATTEMPTS.remove(task.taskAttemptId());
        if (memory == null) {
            return;
        }
        try (BufferPool pool = memory.pool) {
            if (!task.isInterrupted() && !task.isFailed() && !becomesEmpty(pool)) {
                throw new IllegalStateException("the task leaves buffers behind: " + pool.dump());
            }
        }
    }
}
