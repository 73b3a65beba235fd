package dev.sluice.spring;

import dev.sluice.BufferPool;
import dev.sluice.netty.NettyBuffers;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.websocket.server.WsSci;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import org.springframework.http.server.reactive.TomcatHttpHandlerAdapter;
import org.springframework.web.reactive.socket.server.RequestUpgradeStrategy;
import org.springframework.web.reactive.socket.server.upgrade.ReactorNettyRequestUpgradeStrategy;
import org.springframework.web.reactive.socket.server.upgrade.StandardWebSocketUpgradeStrategy;
import org.springframework.web.server.adapter.WebHttpHandlerBuilder;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** {@link TestApplication} on a random port of a server. */
final class TestServer implements AutoCloseable {

    enum Kind {
        /** Connections live on the pool, so that bodies are its leases. */
        NETTY_EQUIPPED,
        /** Bodies have to be copied. */
        NETTY,
        /** Bodies are read with the pool's {@code DataBufferFactory}. */
        TOMCAT
    }

    /** The longest WebSocket message, in bytes, that Tomcat takes: by itself 8 KiB. */
    private static final int MESSAGE = 64 << 10;

    final int port;
    private final AnnotationConfigApplicationContext context;
    private final Runnable stop;

    TestServer(Kind kind, BufferPool pool, BudgetResolver budgets, Path dir) throws Exception {
        context = new AnnotationConfigApplicationContext();
        context.registerBean(BufferPool.class, () -> pool, definition -> definition.setDestroyMethodName(""));
        context.registerBean(BudgetResolver.class, () -> budgets);
        context.registerBean("dir", Path.class, () -> dir);
        context.registerBean(RequestUpgradeStrategy.class, () -> upgrades(kind));
        context.register(TestApplication.class, TestController.class);
        context.refresh();
        HttpHandler handler = WebHttpHandlerBuilder.applicationContext(context).build();
        if (kind == Kind.TOMCAT) {
            Tomcat tomcat = tomcat(handler, pool, dir);
            port = tomcat.getConnector().getLocalPort();
            stop = () -> stop(tomcat);
        } else {
            // Netty's own pool may block for a moment on an event loop, which BlockHound does not let pass.
            HttpServer server = HttpServer.create()
                    .host("localhost")
                    .port(0)
                    .childOption(ChannelOption.ALLOCATOR, UnpooledByteBufAllocator.DEFAULT);
            DisposableServer bound = (kind == Kind.NETTY ? server : NettyBuffers.equip(server, pool))
                    .handle(new ReactorHttpHandlerAdapter(handler))
                    .bindNow();
            port = bound.port();
            stop = () -> bound.disposeNow(Duration.ofSeconds(20));
        }
    }

    private static RequestUpgradeStrategy upgrades(Kind kind) {
        if (kind != Kind.TOMCAT) {
            return new ReactorNettyRequestUpgradeStrategy();
        }
        StandardWebSocketUpgradeStrategy upgrades = new StandardWebSocketUpgradeStrategy();
        upgrades.setMaxBinaryMessageBufferSize(MESSAGE);
        return upgrades;
    }

    private static Tomcat tomcat(HttpHandler handler, BufferPool pool, Path dir) throws Exception {
        TomcatHttpHandlerAdapter servlet = new TomcatHttpHandlerAdapter(handler);
        servlet.setDataBufferFactory(new PooledDataBufferFactory(pool, 4 << 20));
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(dir.toString());
        tomcat.setPort(0);
        tomcat.setHostname("localhost");
        Context root = tomcat.addContext("", dir.toString());
        Tomcat.addServlet(root, "webflux", servlet).setAsyncSupported(true);
        root.addServletMappingDecoded("/", "webflux");
        root.addServletContainerInitializer(new WsSci(), null);
        tomcat.getConnector();
        tomcat.start();
        return tomcat;
    }

    private static void stop(Tomcat tomcat) {
        try {
            tomcat.stop();
            tomcat.destroy();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    String url(String path) {
        return "http://localhost:" + port + path;
    }

    @Override
    public void close() {
        stop.run();
        context.close();
    }
}
