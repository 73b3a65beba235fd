package dev.sluice.spring;

/** {@link HttpTest} on one kind of server. */
class TomcatHttpTest extends HttpTest {

    TomcatHttpTest() {
        super(TestServer.Kind.TOMCAT);
    }
}
