package dev.sluice.samples.console;

import java.net.InetSocketAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Where to listen or to connect to, as people write it: 9000, :9000, localhost:9000, [::1]:9000. */
public final class Address implements ITypeConverter<InetSocketAddress> {

    private static final String LOCAL = "127.0.0.1";
    private static final int LARGEST_PORT = 65_535;
    private static final Pattern WRITTEN = Pattern.compile("(?:(\\[[^]]+]|[^:\\[\\]]*):)?(\\d{1,5})");

    @Override
    public InetSocketAddress convert(String written) {
        Matcher matcher = WRITTEN.matcher(written.strip());
        if (!matcher.matches() || Integer.parseInt(matcher.group(2)) > LARGEST_PORT) {
            throw new TypeConversionException(
                    "'%s' is not an address such as 9000, localhost:9000 or [::1]:9000".formatted(written));
        }
        String host = matcher.group(1) == null || matcher.group(1).isEmpty() ? LOCAL : matcher.group(1);
        int port = Integer.parseInt(matcher.group(2));
        return InetSocketAddress.createUnresolved(host.replaceAll("[\\[\\]]", ""), port);
    }

    /**
     * As it is written, with the port.
     *
     * @param address resolved or not
     * @return as in localhost:9000 or [::1]:9000
     */
    public static String format(InetSocketAddress address) {
        String host = address.isUnresolved()
                ? address.getHostString()
                : address.getAddress().getHostAddress();
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.getPort();
    }
}
