package dev.sluice.spring.boot;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.EndpointWebExtension;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.Resource;
import org.springframework.util.MimeType;

/**
 * The live page of the endpoint, at {@code /actuator/sluice/page}. It belongs to the endpoint: who may see the one may
 * see the other, on the same port and beneath the same path. What it is made of stands beside it, as {@code
 * /actuator/sluice/app.js}, and it asks the endpoint itself for numbers.
 */
@EndpointWebExtension(endpoint = SluiceEndpoint.class)
public final class SluicePage {

    private static final String PAGE = "page";
    private static final String INDEX = "index.html";

    /** Leads nowhere else. */
    private static final Pattern NAME = Pattern.compile("[\\w-]+(?:\\.[\\w-]+)+");

    /** Only what has one of these endings is served. */
    private static final Map<String, MimeType> TYPES = Map.of(
            ".html", MimeType.valueOf("text/html;charset=UTF-8"),
            ".js", MimeType.valueOf("text/javascript;charset=UTF-8"),
            ".css", MimeType.valueOf("text/css;charset=UTF-8"),
            ".svg", MimeType.valueOf("image/svg+xml"));

    SluicePage() {}

    /**
     * Serves the page, and what it is made of.
     *
     * @param path {@code page}, or the name of a file of it, also beneath {@code page}
     * @return the content, or 404
     */
    @ReadOperation(produces = {"text/html", "text/javascript", "text/css", "image/svg+xml"})
    public WebEndpointResponse<Resource> page(@Selector(match = Selector.Match.ALL_REMAINING) String... path) {
        List<String> names = List.of(path);
        if (!names.isEmpty() && names.get(0).equals(PAGE)) {
            names = names.size() == 1 ? List.of(INDEX) : names.subList(1, names.size());
        }
        return names.size() == 1 ? file(names.get(0)) : new WebEndpointResponse<>(WebEndpointResponse.STATUS_NOT_FOUND);
    }

    private static WebEndpointResponse<Resource> file(String name) {
        MimeType type = typeOf(name);
        Resource file = new ClassPathResource("page/" + name, SluicePage.class);
        return type == null || !NAME.matcher(name).matches() || !file.exists()
                ? new WebEndpointResponse<>(WebEndpointResponse.STATUS_NOT_FOUND)
                : new WebEndpointResponse<>(file, type);
    }

    private static @Nullable MimeType typeOf(String name) {
        int dot = name.lastIndexOf('.');
        return dot < 0 ? null : TYPES.get(name.substring(dot));
    }
}
