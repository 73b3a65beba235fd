package dev.sluice.spring;

/** {@link HttpTest} on one kind of server. */
class NettyHttpTest extends HttpTest {

    NettyHttpTest() {
        super(TestServer.Kind.NETTY_EQUIPPED);
    }
}
