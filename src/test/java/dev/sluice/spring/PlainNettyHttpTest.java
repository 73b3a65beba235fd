package dev.sluice.spring;

/** {@link HttpTest} on one kind of server. */
class PlainNettyHttpTest extends HttpTest {

    PlainNettyHttpTest() {
        super(TestServer.Kind.NETTY);
    }
}
