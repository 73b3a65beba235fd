package dev.sluice;

/**
 * Makes sure that the stack has room before anything is changed: a {@link StackOverflowError} comes here, where it does
 * no harm, and not between two steps that belong together.
 *
 * <p>In the interpreter, each call takes a frame with all the variables that the method declares, so that some calls
 * take more of the stack than any path of the engine. Compiled, the calls and the variables are gone, and so is the
 * cost; compiled code asks for the frames of all that it has inlined when it is entered.
 */
@SuppressWarnings({"unused", "UnusedVariable"}) // the variables are what it is about
final class StackReserve {

    private StackReserve() {}

    /** Throws now what would be thrown later. */
    static void check() {
        frame1();
    }

    private static void frame1() {
        long a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z;
        long a1, b1, c1, d1, e1, f1, g1, h1, i1, j1, k1, l1, m1, n1, o1, p1, q1, r1, s1, t1, u1, v1, w1, x1, y1, z1;
        frame2();
    }

    private static void frame2() {
        long a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z;
        long a1, b1, c1, d1, e1, f1, g1, h1, i1, j1, k1, l1, m1, n1, o1, p1, q1, r1, s1, t1, u1, v1, w1, x1, y1, z1;
        frame3();
    }

    private static void frame3() {
        long a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z;
        long a1, b1, c1, d1, e1, f1, g1, h1, i1, j1, k1, l1, m1, n1, o1, p1, q1, r1, s1, t1, u1, v1, w1, x1, y1, z1;
        frame4();
    }

    private static void frame4() {
        long a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z;
        long a1, b1, c1, d1, e1, f1, g1, h1, i1, j1, k1, l1, m1, n1, o1, p1, q1, r1, s1, t1, u1, v1, w1, x1, y1, z1;
    }
}
