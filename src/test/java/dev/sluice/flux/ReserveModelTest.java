package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.flux.ReserveModel.Op;
import dev.sluice.flux.ReserveModel.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** On the smallest budget that the documentation names, no order of events leaves a pipeline waiting for ever. */
class ReserveModelTest {

    /** Names the pool of the model, and gives no memory. */
    private static final BufferPool POOL = BufferPool.create();

    @AfterAll
    static void close() {
        POOL.close();
    }

    private static List<List<Op>> chains(int most) {
        List<List<Op>> chains = new ArrayList<>();
        List<List<Op>> longest = List.of(List.of());
        for (int length = 1; length <= most; length++) {
            List<List<Op>> longer = new ArrayList<>();
            for (List<Op> chain : longest) {
                for (Op op : Op.values()) {
                    List<Op> more = new ArrayList<>(chain);
                    more.add(op);
                    longer.add(more);
                }
            }
            chains.addAll(longer);
            longest = longer;
        }
        return chains;
    }

    private static Shape shape(List<Op> ops, int sources, int items, int sourceBytes, int opBytes) {
        return new Shape(
                sources, sourceBytes, ops, ops.stream().map(op -> opBytes).toList(), items);
    }

    /** Two pipelines of up to two operators each, of one source and of two, which differ in what they take. */
    @Test
    void noOrderOfTwoPipelinesIsStuck() {
        long states = 0;
        List<List<Op>> chains = chains(2);
        for (List<Op> one : chains) {
            for (List<Op> other : List.of(one, chains.get((chains.indexOf(one) * 7 + 3) % chains.size()))) {
                List<Shape> shapes = List.of(shape(one, 1, 2, 2, 1), shape(other, 1, 2, 1, 2));
                states += search(shapes, 800);
            }
        }
        assertThat(states).isGreaterThan(10_000);
    }

    @Test
    void noOrderOfMergedSourcesIsStuck() {
        for (List<Op> ops : chains(1)) {
            search(List.of(shape(ops, 2, 1, 2, 1), shape(ops, 1, 2, 1, 1)), 2_000);
        }
    }

    /** Every pipeline of up to three operators, three at a time; every order of each. */
    @Test
    @Tag("long")
    void noOrderOfThreePipelinesIsStuck() {
        List<List<Op>> chains = chains(3);
        for (List<Op> one : chains) {
            for (List<Op> other : chains(1)) {
                search(List.of(shape(one, 1, 2, 2, 1), shape(other, 2, 1, 1, 2), shape(other, 1, 1, 1, 1)), 200_000);
            }
        }
    }

    private static int search(List<Shape> shapes, int mostStates) {
        try {
            return ReserveModel.search(POOL, ReserveModel.smallest(POOL, shapes), shapes, mostStates);
        } catch (AssertionError e) {
            throw new AssertionError(shapes + ": " + e.getMessage(), e);
        }
    }

    @Test
    void noRandomRoundIsStuck() {
        rounds(3_000);
    }

    @Test
    @Tag("long")
    void noneOfAHundredThousandRandomRoundsIsStuck() {
        rounds(100_000);
    }

    private static void rounds(int count) {
        for (int seed = 0; seed < count; seed++) {
            Random random = new Random(seed);
            List<Shape> shapes = new ArrayList<>();
            int pipes = 1 + random.nextInt(6);
            for (int i = 0; i < pipes; i++) {
                List<Op> ops = new ArrayList<>();
                List<Integer> bytes = new ArrayList<>();
                for (int n = 1 + random.nextInt(3); n > 0; n--) {
                    ops.add(Op.values()[random.nextInt(Op.values().length)]);
                    bytes.add(1 + random.nextInt(4));
                }
                shapes.add(new Shape(1 + random.nextInt(3), 1 + random.nextInt(4), ops, bytes, 1 + random.nextInt(5)));
            }
            int limit = ReserveModel.smallest(POOL, shapes) + (random.nextBoolean() ? 0 : random.nextInt(6));
            try {
                ReserveModel.run(POOL, limit, shapes, random);
            } catch (AssertionError e) {
                throw new AssertionError("seed " + seed + ", " + shapes + ": " + e.getMessage(), e);
            }
        }
    }
}
