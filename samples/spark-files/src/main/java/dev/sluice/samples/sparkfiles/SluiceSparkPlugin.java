package dev.sluice.samples.sparkfiles;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import dev.sluice.MemoryBudget;
import java.io.IOException;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;
import org.apache.spark.SparkConf;
import org.apache.spark.TaskContext;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;
import org.apache.spark.util.TaskCompletionListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One {@link MemoryBudget} for each executor, and a child of it for each task attempt.
 *
 * <p>The budget is {@code spark.sluice.maxBytes}, or else a quarter of the executor's memory overhead. Its gauges stand
 * in Spark's own registry, so they show wherever Spark's metrics do. The driver keeps what each executor last said.
 */
public final class SluiceSparkPlugin implements SparkPlugin {

    /** The setting for the budget of an executor, such as {@code 64m}. */
    public static final String MAX_BYTES = "spark.sluice.maxBytes";

    private static final Map<String, ExecutorMemory> EXECUTORS = new ConcurrentSkipListMap<>();

    /** What each executor of this driver last said of its memory. */
    static Collection<ExecutorMemory> executors() {
        return EXECUTORS.values();
    }

    @Override
    public DriverPlugin driverPlugin() {
        return new Driver();
    }

    @Override
    public ExecutorPlugin executorPlugin() {
        return new Executor();
    }

    /** A quarter of the executor's memory overhead, by the rules of Spark: a tenth of its heap, and 384 MiB at least. */
    static long maxBytes(SparkConf conf) {
        long heap = conf.getSizeAsBytes("spark.executor.memory", "1g");
        long least = conf.getSizeAsBytes("spark.executor.minMemoryOverhead", "384m");
        double factor = conf.getDouble("spark.executor.memoryOverheadFactor", 0.10);
        long overhead = conf.contains("spark.executor.memoryOverhead")
                ? conf.getSizeAsMb("spark.executor.memoryOverhead") << 20
                : Math.max(least, (long) (heap * factor));
        return conf.contains(MAX_BYTES) ? conf.getSizeAsBytes(MAX_BYTES) : overhead / 4;
    }

    /** How many tasks an executor runs at a time. */
    static int slots(SparkConf conf) {
        int cores = conf.getInt("spark.executor.cores", Runtime.getRuntime().availableProcessors());
        return Math.max(1, cores / conf.getInt("spark.task.cpus", 1));
    }

    private static final class Driver implements DriverPlugin {

        @Override
        public Object receive(Object message) {
            if (message instanceof ExecutorMemory memory) {
                EXECUTORS.merge(memory.executor(), memory, (old, now) -> old.tasks() > now.tasks() ? old : now);
            }
            return "";
        }
    }

    private static final class Executor implements ExecutorPlugin {

        private static final Logger LOG = LoggerFactory.getLogger(SluiceSparkPlugin.class);

        private final LongAdder tasks = new LongAdder();
        private final LongAdder leaks = new LongAdder();
        private PluginContext context;
        private MemoryBudget budget;
        private long bytesOfTask;

        @Override
        public void init(PluginContext pluginContext, Map<String, String> extraConf) {
            context = pluginContext;
            budget = MemoryBudget.of("executor " + context.executorID(), maxBytes(context.conf()));
            bytesOfTask = budget.limit() / slots(context.conf());
            MetricRegistry metrics = context.metricRegistry();
            metrics.register("sluice.maxBytes", (Gauge<Long>) budget::limit);
            metrics.register("sluice.usedBytes", (Gauge<Long>) budget::used);
            metrics.register("sluice.peakBytes", (Gauge<Long>) budget::peak);
            metrics.register("sluice.tasks", (Gauge<Long>) tasks::sum);
            metrics.register("sluice.leaks", (Gauge<Long>) leaks::sum);
        }

        @Override
        public void onTaskStart() {
            TaskContext task = TaskContext.get();
            TaskMemory.open(task, budget, bytesOfTask);
            task.addTaskCompletionListener((TaskCompletionListener) this::ended);
        }

        /** What this throws fails the task. */
        private void ended(TaskContext task) {
            try {
                TaskMemory.close(task);
            } catch (IllegalStateException e) {
                leaks.increment();
                throw e;
            } finally {
                tasks.increment();
                tellDriver();
            }
        }

        private void tellDriver() {
            try {
                context.send(new ExecutorMemory(
                        context.executorID(), budget.limit(), budget.peak(), tasks.sum(), leaks.sum()));
            } catch (IOException e) {
                LOG.warn("The driver was not told of the memory of executor {}", context.executorID(), e);
            }
        }
    }
}
