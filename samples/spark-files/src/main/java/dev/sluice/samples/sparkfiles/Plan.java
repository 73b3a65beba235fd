package dev.sluice.samples.sparkfiles;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts the work into batches of about equal cost, of which each becomes one task.
 *
 * <p>Small files share a task, because a task costs some milliseconds whatever it does. A large file that is not
 * compressed is cut into parts; its digest, which cannot be made of those of its parts, is a piece of work of its own.
 */
final class Plan {

    /** What it costs to open a file, in bytes that could be read meanwhile. */
    private static final long OPEN_BYTES = 64 << 10;

    private final long batchBytes;
    private final List<Batch> batches = new ArrayList<>();
    private List<Work> open = new ArrayList<>();
    private long openCost;

    /** What one task does. */
    record Batch(List<Work> work) implements Serializable {

        long bytes() {
            return work.stream().mapToLong(Work::bytes).sum();
        }
    }

    private Plan(long batchBytes) {
        this.batchBytes = batchBytes;
    }

    /**
     * Plans to say all of each file.
     *
     * @param batchBytes how much a task reads, about
     */
    static List<Batch> ofScan(List<Listed> files, long batchBytes) {
        Plan plan = new Plan(batchBytes);
        for (Listed file : files) {
            if (file.isCompressed() || file.bytes() <= batchBytes) {
                plan.add(Work.whole(file.path(), file.bytes()));
            } else {
                plan.add(Work.digest(file.path(), file.bytes()));
                for (long from = 0; from < file.bytes(); from += batchBytes) {
                    plan.add(Work.lines(file.path(), from, Math.min(file.bytes(), from + batchBytes)));
                }
            }
        }
        return plan.closed();
    }

    /** Plans to compress each file again. */
    static List<Batch> ofRecompression(List<Work> work, long batchBytes) {
        Plan plan = new Plan(batchBytes);
        work.forEach(plan::add);
        return plan.closed();
    }

    private void add(Work work) {
        long cost = OPEN_BYTES + work.bytes();
        if (!open.isEmpty() && openCost + cost > batchBytes) {
            close();
        }
        open.add(work);
        openCost += cost;
    }

    private void close() {
        batches.add(new Batch(List.copyOf(open)));
        open = new ArrayList<>();
        openCost = 0;
    }

    private List<Batch> closed() {
        if (!open.isEmpty()) {
            close();
        }
        return batches;
    }
}
