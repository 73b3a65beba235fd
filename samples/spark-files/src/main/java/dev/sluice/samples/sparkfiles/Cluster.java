package dev.sluice.samples.sparkfiles;

import dev.sluice.samples.filestats.Failure;
import dev.sluice.samples.filestats.Progress;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.SparkException;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskFailedReason;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import scala.Function2;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag$;
import scala.runtime.BoxedUnit;

/**
 * Runs batches on Spark and keeps what each has brought, so that one that fails for good takes no other with it.
 *
 * @param spark where they run
 * @param progress is told of the bytes of each batch that is done
 */
record Cluster(JavaSparkContext spark, Progress progress) {

    /** What runs in an executor: Spark sends it there. */
    private interface Task extends Function2<TaskContext, Iterator<Plan.Batch>, List<Part>>, Serializable {}

    /** All parts, those of batches that failed for good included: these say why. Each piece of work is there once. */
    List<Part> run(List<Plan.Batch> batches) {
        Map<Integer, List<Part>> done = new TreeMap<>();
        JavaRDD<Plan.Batch> rdd = spark.parallelize(batches, Math.max(1, batches.size()));
        Failures failures = new Failures();
        spark.sc().addSparkListener(failures);
        try {
            while (done.size() < batches.size()) {
                run(batches, rdd, done, failures);
            }
        } finally {
            spark.sc().removeSparkListener(failures);
        }
        return done.values().stream().flatMap(List::stream).toList();
    }

    /** One job over what is left. Where Spark gives up a batch, it ends the job; the next one goes on without it. */
    private void run(
            List<Plan.Batch> batches, JavaRDD<Plan.Batch> rdd, Map<Integer, List<Part>> done, Failures failures) {
        List<Object> left = new ArrayList<>();
        for (int i = 0; i < batches.size(); i++) {
            if (!done.containsKey(i)) {
                left.add(i);
            }
        }
        Task task = (context, partition) -> TaskScan.run(CollectionConverters.asJava(partition));
        try {
            spark.sc()
                    .runJob(
                            rdd.rdd(),
                            task,
                            CollectionConverters.asScala(left).toSeq(),
                            (index, parts) -> {
                                int batch = (Integer) left.get((Integer) index);
                                done.put(batch, parts);
                                progress.advance((int) Math.min(
                                        Integer.MAX_VALUE, batches.get(batch).bytes()));
                                return BoxedUnit.UNIT;
                            },
                            ClassTag$.MODULE$.<List<Part>>apply(List.class));
        } catch (Exception e) {
            int given = failures.worst(done);
            if (!(e instanceof SparkException) || given < 0) {
                throw e;
            }
            done.put(given, failed(batches.get(given), failures.reason(given)));
        }
    }

    private static List<Part> failed(Plan.Batch batch, String reason) {
        return batch.work().stream()
                .map(work -> new Part(work, new Failure(work.path(), reason), 0))
                .toList();
    }

    /** Counts how often each partition failed, and keeps the last reason. */
    private static final class Failures extends SparkListener {

        private final Map<Integer, Integer> counts = new ConcurrentHashMap<>();
        private final Map<Integer, String> reasons = new ConcurrentHashMap<>();

        @Override
        public void onTaskEnd(SparkListenerTaskEnd end) {
            if (end.reason() instanceof TaskFailedReason reason) {
                int partition = end.taskInfo().partitionId();
                counts.merge(partition, 1, Integer::sum);
                reasons.put(
                        partition, reason.toErrorString().lines().findFirst().orElse("the task failed"));
            }
        }

        /** The partition without a result that failed most often; -1 if none has failed. */
        int worst(Map<Integer, List<Part>> done) {
            return new HashMap<>(counts)
                    .entrySet().stream()
                            .filter(each -> !done.containsKey(each.getKey()))
                            .max(Map.Entry.comparingByValue())
                            .map(Map.Entry::getKey)
                            .orElse(-1);
        }

        String reason(int partition) {
            return reasons.getOrDefault(partition, "the task failed");
        }
    }
}
