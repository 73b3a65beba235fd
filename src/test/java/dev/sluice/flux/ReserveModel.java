package dev.sluice.flux;

import dev.sluice.BufferPool;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;

/**
 * Pipelines on one pool, with the reserve's own {@link ReserveMachine} and nothing else of the product: no threads, no
 * memory. One action is done after the other, in an order that is chosen from outside, so that all orders can be tried.
 *
 * <p>The pool has a limit and one line, first come, first served. A pipeline is a source, operators and a sink that
 * releases what it gets.
 */
final class ReserveModel {

    /** What an operator does with its inputs, each of which it holds until it has what it wants. */
    enum Op {
        /** Takes a buffer for each input, and releases the input when it has it, as {@code gunzip} does. */
        COPY(Stage.Input.COPIED),
        /** Takes a buffer for two inputs and keeps it half full in between, as {@code gzip} does. */
        FILL(Stage.Input.COPIED),
        /** Keeps one input until the next one comes, then takes a buffer for both, as {@code join} does. */
        KEEP(Stage.Input.KEPT),
        /** Passes its input on and takes a small one beside it, as {@code prefixLengths} does. */
        BESIDE(Stage.Input.SLICED),
        /** The same before the first input comes, as {@code prefix} does. */
        FIRST(Stage.Input.SLICED);

        final Stage.Input input;

        Op(Stage.Input input) {
            this.input = input;
        }
    }

    /** A pipeline: how large the buffers of the source and of each operator are, and how many the source emits. */
    record Shape(int sources, int sourceBytes, List<Op> ops, List<Integer> bytes, int items) {

        @Override
        public String toString() {
            return sources + "x" + items + " of " + sourceBytes + " " + ops + bytes;
        }
    }

    /** A buffer: how large, and which spare, if it was lent. */
    private static final class Block {
        final int bytes;
        final ReserveAccount.@Nullable Spare spare;

        Block(int bytes, ReserveAccount.@Nullable Spare spare) {
            this.bytes = bytes;
            this.spare = spare;
        }
    }

    /** A wait: in the line of the pool, beside the reserve, or to enter. */
    private static final class Wait {
        final Node node;

        @Nullable Block answer;

        boolean entered;

        Wait(Node node) {
            this.node = node;
        }
    }

    /** Who stands in the line of the pool: a wait, or a collection with what it has got so far. */
    private record Standing(@Nullable Wait turn, ReserveMachine.@Nullable Collection collection, List<Integer> left) {}

    /** A source or an operator. */
    private final class Node {
        final Pipe pipe;
        final String name;
        final ReservePlace place;
        final int bytes;
        final @Nullable Op op;
        final @Nullable Node below;

        int left;
        int sourcesAbove;
        boolean due;
        boolean ended;
        final Deque<Block> inputs = new ArrayDeque<>();

        @Nullable Block filling;

        @Nullable Wait wait;

        @Nullable Block out;

        final Deque<Block> outs = new ArrayDeque<>();

        Node(Pipe pipe, String name, ReservePlace place, int bytes, @Nullable Op op, @Nullable Node below) {
            this.pipe = pipe;
            this.name = name;
            this.place = place;
            this.bytes = bytes;
            this.op = op;
            this.below = below;
            this.due = op == Op.FIRST;
            this.sourcesAbove = 1;
        }

        boolean isFree() {
            return outs.isEmpty() && inputs.size() < (op == Op.KEEP ? 2 : 1) && wait == null && !due;
        }

        /** Whether it wants a buffer now. */
        boolean wants() {
            if (!outs.isEmpty() || ended) {
                return false;
            } else if (op == null) {
                return left > 0 && (below == null || below.isFree());
            } else if (op == Op.FIRST) {
                return due;
            } else if (op == Op.KEEP) {
                return inputs.size() == 2;
            }
            return !inputs.isEmpty() && (op != Op.FILL || filling == null);
        }

        @Override
        public String toString() {
            return name
                    + left
                    + due
                    + ended
                    + inputs.size()
                    + (filling != null)
                    + outs.size()
                    + (wait == null ? "" : wait.answer == null ? "w" : "a")
                    + place.left
                    + inputs.stream().map(ReserveModel::text).toList()
                    + outs.stream().map(ReserveModel::text).toList()
                    + (filling == null ? "" : text(filling));
        }
    }

    private static String text(Block block) {
        return block.bytes + (block.spare == null ? "" : "s");
    }

    private final class Pipe {
        final List<Node> nodes = new ArrayList<>();

        Pipe(Shape shape, int number) {
            Context context = Context.empty();
            Node below = null;
            for (int i = shape.ops.size() - 1; i >= 0; i--) {
                Op op = shape.ops.get(i);
                ReservePlace place = ReservePlace.ofOperator(context, shape.bytes.get(i), op.input);
                if (op == Op.FIRST) {
                    place.setPool(pool, true);
                }
                context = place.in(context);
                below = new Node(this, "p" + number + op + i, place, shape.bytes.get(i), op, below);
                nodes.add(0, below);
            }
            if (shape.sources > 1) {
                context = ReservePlace.joining(context, Map.of(pool, shape.sourceBytes));
            }
            for (int i = 0; i < shape.sources; i++) {
                ReservePlace place = ReservePlace.ofSource(context, pool, shape.sourceBytes);
                if (place == null) {
                    throw new IllegalArgumentException("no operator takes memory: " + shape);
                }
                Node source = new Node(this, "p" + number + "s" + i, place, shape.sourceBytes, null, below);
                source.left = shape.items;
                nodes.add(0, source);
            }
            below.sourcesAbove = shape.sources;
        }

        boolean isDone() {
            return nodes.stream().allMatch(node -> node.ended);
        }
    }

    private final BufferPool pool;
    private final int limit;
    private final ReserveMachine machine = new ReserveMachine(this::hold);
    private final ReserveAccount account = new ReserveAccount(this);
    private final List<Pipe> pipes = new ArrayList<>();
    private final Deque<Standing> line = new ArrayDeque<>();
    private final Map<ReserveMachine.Collection, Standing> collecting = new IdentityHashMap<>();
    private int used;

    ReserveModel(BufferPool pool, int limit, List<Shape> shapes) {
        this.pool = pool;
        this.limit = limit;
        for (Shape shape : shapes) {
            pipes.add(new Pipe(shape, pipes.size()));
        }
    }

    /** The smallest budget that the documentation names: what the neediest pipeline claims. */
    static int smallest(BufferPool pool, List<Shape> shapes) {
        long most = 0;
        for (Shape shape : shapes) {
            ReserveModel alone = new ReserveModel(pool, Integer.MAX_VALUE, List.of(shape));
            for (Node node : alone.pipes.get(0).nodes) {
                Map<ReservePlace, Integer> capacities = alone.capacities(node.place);
                most = Math.max(
                        most, ReserveMachine.claimsOf(node.place, capacities).bytes());
            }
        }
        return (int) most;
    }

    private boolean hold(Map<ReserveAccount, ReserveClaims> more) {
        return account.ownedAndCollected()
                        .plus(more.getOrDefault(account, ReserveClaims.NONE))
                        .bytes()
                <= limit;
    }

    private Map<ReservePlace, Integer> capacities(ReservePlace top) {
        Map<ReservePlace, Integer> capacities = new LinkedHashMap<>();
        for (ReservePlace place : top.closure()) {
            if (!place.isJoint() || place == top) {
                capacities.put(place, place.bytes());
            }
        }
        return capacities;
    }

    /** Runs to the end, choosing by a random number. */
    static void run(BufferPool pool, int limit, List<Shape> shapes, Random random) {
        ReserveModel model = new ReserveModel(pool, limit, shapes);
        model.run(random::nextInt);
    }

    /** Tries every order in which the actions can come; returns how many states there are. */
    static int search(BufferPool pool, int limit, List<Shape> shapes, int mostStates) {
        Set<String> seen = new HashSet<>();
        Deque<int[]> paths = new ArrayDeque<>();
        paths.push(new int[0]);
        while (!paths.isEmpty() && seen.size() < mostStates) {
            int[] path = paths.pop();
            ReserveModel model = new ReserveModel(pool, limit, shapes);
            List<Runnable> next = model.actions();
            for (int choice : path) {
                next.get(choice).run();
                next = model.actions();
            }
            if (!seen.add(model.toString())) {
                continue;
            }
            model.check(next, path.length);
            for (int i = 0; i < next.size(); i++) {
                int[] longer = java.util.Arrays.copyOf(path, path.length + 1);
                longer[path.length] = i;
                paths.push(longer);
            }
        }
        return seen.size();
    }

    private void run(IntUnaryOperator choose) {
        int steps = 0;
        List<Runnable> next = actions();
        while (!next.isEmpty()) {
            next.get(choose.applyAsInt(next.size())).run();
            next = actions();
            steps++;
        }
        check(next, steps);
    }

    private void check(List<Runnable> next, int steps) {
        if (!next.isEmpty()) {
            return;
        }
        if (!pipes.stream().allMatch(Pipe::isDone)) {
            throw new AssertionError("stuck after " + steps + " actions: " + this);
        } else if (used != 0 || !account.spares.isEmpty() || !account.isIdle()) {
            throw new AssertionError("something is left after " + steps + " actions: " + this);
        }
    }

    private List<Runnable> actions() {
        List<Runnable> actions = new ArrayList<>();
        for (Pipe pipe : pipes) {
            for (Node node : pipe.nodes) {
                add(node, actions);
            }
        }
        Standing head = line.peek();
        if (head != null && used + (head.turn == null ? head.left.get(0) : head.turn.node.bytes) <= limit) {
            actions.add(this::grant);
        }
        return actions;
    }

    private void add(Node node, List<Runnable> actions) {
        Wait wait = node.wait;
        if (wait != null && wait.answer != null) {
            actions.add(() -> take(node, wait.answer));
        } else if (wait == null && node.wants()) {
            actions.add(() -> want(node));
        } else if (!node.outs.isEmpty()) {
            if (node.below == null) {
                actions.add(() -> release(node.outs.remove()));
            } else if (node.below.isFree()) {
                actions.add(() -> node.below.inputs.add(node.outs.remove()));
            }
        } else if (node.op == Op.FILL && node.filling != null && !node.inputs.isEmpty()) {
            actions.add(() -> fill(node));
        } else if (canEnd(node)) {
            actions.add(() -> end(node));
        }
        if (node.op == Op.BESIDE && wait == null && node.outs.isEmpty() && node.inputs.size() > 1) {
            throw new IllegalStateException("two inputs");
        }
        if (node.op == Op.FIRST && wait == null && !node.due && node.outs.isEmpty() && !node.inputs.isEmpty()) {
            actions.add(() -> node.outs.add(node.inputs.remove()));
        }
    }

    private static boolean canEnd(Node node) {
        if (node.ended || node.wait != null || !node.outs.isEmpty() || node.due) {
            return false;
        }
        return node.op == null ? node.left == 0 : node.sourcesAbove == 0 && !node.wants();
    }

    /** The end of a source or an operator; what is kept comes out first. */
    private void end(Node node) {
        if (node.filling != null) {
            node.outs.add(node.filling);
            node.filling = null;
        } else if (!node.inputs.isEmpty()) {
            node.outs.add(node.inputs.remove());
        } else {
            node.ended = true;
            node.place.left = true;
            machine.leave(node.place);
            if (node.place.above() != null) {
                node.place.above().left = true;
                machine.leave(node.place.above());
            }
            if (node.below != null) {
                node.below.sourcesAbove--;
            }
            obey();
        }
    }

    private void want(Node node) {
        Wait wait = new Wait(node);
        node.wait = wait;
        ReservePlace top = node.place.entering();
        if (node.place.capacities.isEmpty()) {
            List<ReserveMachine.Need> all = new ArrayList<>();
            all.add(new ReserveMachine.Need(top, Map.of(account, capacities(top))));
            for (ReservePlace each : top.closure()) {
                if (each.isJoint() && each != top && !each.left && each.capacities.isEmpty()) {
                    all.add(new ReserveMachine.Need(each, Map.of(account, capacities(each))));
                }
            }
            for (ReservePlace each : List.copyOf(node.place.group().sources())) {
                if (each != top && !each.left && each.capacities.isEmpty()) {
                    all.add(new ReserveMachine.Need(each, Map.of(account, capacities(each))));
                }
            }
            if (machine.enter(all, 0, wait)) {
                stand(wait);
            }
        } else {
            stand(wait);
        }
        obey();
    }

    private void stand(Wait wait) {
        wait.entered = true;
        line.add(new Standing(wait, null, List.of()));
        machine.want(wait.node.place, List.of(account), wait.node.bytes, wait);
    }

    /** The pool gives the head of its line what it wants, or one of the buffers. */
    private void grant() {
        Standing head = line.element();
        if (head.turn != null) {
            line.remove();
            used += head.turn.node.bytes;
            answer(head.turn, new Block(head.turn.node.bytes, null));
        } else {
            used += head.left.remove(0);
            ReserveMachine.Collection whole = head.collection;
            if (head.left.isEmpty() && whole != null) {
                line.remove();
                collecting.remove(whole);
                List<ReserveAccount.Spare> spares = new ArrayList<>();
                whole.asked.get(account).each().forEach(bytes -> spares.add(new ReserveAccount.Spare("", bytes)));
                if (!machine.collected(whole, Map.of(account, spares))) {
                    used -= whole.asked.get(account).bytes();
                }
            }
        }
        obey();
    }

    private void answer(Wait wait, Block block) {
        wait.answer = block;
        line.removeIf(each -> each.turn == wait);
        machine.forget(wait);
    }

    private void take(Node node, Block block) {
        node.wait = null;
        if (node.op == null) {
            node.left--;
            node.outs.add(block);
        } else if (node.op == Op.FIRST) {
            node.due = false;
            node.outs.add(block);
        } else if (node.op == Op.FILL) {
            node.filling = block;
            release(node.inputs.remove());
        } else if (node.op == Op.BESIDE) {
            node.outs.add(block);
            node.outs.add(node.inputs.remove());
        } else {
            node.outs.add(block);
            while (!node.inputs.isEmpty()) {
                release(node.inputs.remove());
            }
        }
    }

    private void fill(Node node) {
        release(node.inputs.remove());
        node.outs.add(node.filling);
        node.filling = null;
    }

    private void release(Block block) {
        if (block.spare == null) {
            used -= block.bytes;
        } else {
            machine.back(account, block.spare, false);
        }
        obey();
    }

    private void obey() {
        List<ReserveMachine.Order> orders = machine.takeOrders();
        machine.takeTouched();
        while (!orders.isEmpty()) {
            orders.forEach(this::obey);
            orders = machine.takeOrders();
        }
    }

    private void obey(ReserveMachine.Order order) {
        if (order instanceof ReserveMachine.Order.Admit admit) {
            Wait wait = (Wait) admit.turn();
            if (!wait.entered && wait.answer == null) {
                stand(wait);
            }
        } else if (order instanceof ReserveMachine.Order.Lend lend) {
            Wait wait = (Wait) lend.turn();
            Block block = new Block(lend.spare().capacity, lend.spare());
            if (wait.answer == null) {
                answer(wait, block);
            } else {
                release(block);
            }
        } else if (order instanceof ReserveMachine.Order.Drop drop) {
            used -= drop.spare().capacity;
        } else if (order instanceof ReserveMachine.Order.Stop stop) {
            Standing standing = collecting.remove(stop.collection());
            if (standing != null) {
                line.remove(standing);
                used -= stop.collection().asked.get(account).bytes()
                        - standing.left.stream().mapToInt(bytes -> bytes).sum();
            }
        } else if (order instanceof ReserveMachine.Order.Collect collect) {
            collect(collect.collection());
        }
    }

    private void collect(ReserveMachine.Collection collection) {
        List<Integer> wanted = collection.asked.get(account).each();
        if (collection.waits) {
            Standing standing = new Standing(null, collection, new ArrayList<>(wanted));
            line.add(standing);
            collecting.put(collection, standing);
            return;
        }
        List<ReserveAccount.Spare> free = new ArrayList<>();
        for (int bytes : wanted) {
            if (!line.isEmpty() || used + bytes > limit) {
                break;
            }
            used += bytes;
            free.add(new ReserveAccount.Spare("", bytes));
        }
        if (!machine.collected(collection, Map.of(account, free))) {
            free.forEach(spare -> used -= spare.capacity);
        }
    }

    /** The whole state, which two orders that lead to the same have in common. */
    @Override
    public String toString() {
        Map<ReservePlace, String> names = new HashMap<>();
        pipes.forEach(pipe -> pipe.nodes.forEach(node -> names.put(node.place, node.name)));
        return used + "/" + limit + " "
                + pipes.stream().map(pipe -> pipe.nodes.toString()).toList() + " line "
                + line.stream()
                        .map(each -> each.turn == null ? each.left.toString() : each.turn.node.name)
                        .toList()
                + " enter "
                + account.line.stream()
                        .map(entry -> ((Wait) entry.turn()).node.name)
                        .toList() + " spares "
                + account.spares.stream()
                        .map(spare -> spare.capacity
                                + (spare.borrower == null ? "" : names.getOrDefault(spare.borrower, "?")))
                        .sorted()
                        .collect(Collectors.joining(","))
                + " use "
                + (account.use == null
                        ? ""
                        : account.use.members.stream().map(names::get).toList())
                + " required " + account.required();
    }
}
