import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Opens the sample in a headless Chromium, uploads a file through its form, follows the link to the live page, and
 * prints what can be read there. Speaks the DevTools protocol of Chromium.
 */
final class Browser implements WebSocket.Listener {

    private static final long PATIENCE_MILLIS = 30_000;

    private final JsonMapper json = new JsonMapper();
    private final StringBuilder partial = new StringBuilder();
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
    private final AtomicInteger numbers = new AtomicInteger();
    private WebSocket socket;

    /** Takes the browser, a directory for its profile, the address of the sample, and a file. */
    public static void main(String[] args) throws Exception {
        Process chromium = new ProcessBuilder(
                        args[0],
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-quic",
                        "--disable-dev-shm-usage",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--user-data-dir=" + args[1],
                        "--remote-debugging-port=0",
                        "about:blank")
                .redirectErrorStream(true)
                .start();
        try {
            new Browser().visit(portOf(chromium), args[2], Path.of(args[3]));
        } finally {
            chromium.destroy();
            chromium.waitFor(10, TimeUnit.SECONDS);
            chromium.destroyForcibly().waitFor();
        }
        System.exit(0);
    }

    private static int portOf(Process chromium) throws IOException {
        BufferedReader said = chromium.inputReader();
        StringBuilder all = new StringBuilder();
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            if (line.startsWith("DevTools listening on ")) {
                return URI.create(line.substring("DevTools listening on ".length()))
                        .getPort();
            }
            all.append(line).append('\n');
        }
        throw new IOException("the browser did not start:\n" + all);
    }

    private void visit(int port, String sample, Path file) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        URI list = URI.create("http://127.0.0.1:" + port + "/json/list");
        String tabs = client.send(HttpRequest.newBuilder(list).build(), BodyHandlers.ofString())
                .body();
        String tab = json.readTree(tabs).get(0).get("webSocketDebuggerUrl").asString();
        socket = client.newWebSocketBuilder().buildAsync(URI.create(tab), this).join();
        call("Runtime.enable", Map.of());
        call("Log.enable", Map.of());

        call("Page.navigate", Map.of("url", sample));
        await("document.querySelector('#choose') !== null && document.readyState === 'complete'");
        JsonNode page = call("DOM.getDocument", Map.of()).get("root");
        JsonNode input = call("DOM.querySelector", Map.of("nodeId", page.get("nodeId"), "selector", "#choose"));
        call("DOM.setFileInputFiles", Map.of("nodeId", input.get("nodeId"), "files", List.of(file.toString())));
        String row = "[...document.querySelectorAll('#files tr')].find(tr => tr.innerText.includes('%s'))"
                .formatted(file.getFileName());
        await(row + " !== undefined");
        System.out.println("row " + text(row).replaceAll("\\s+", " "));
        System.out.println(
                "title " + evaluate(row + ".querySelector('code').title").asString());

        evaluate("document.querySelector('header a').click()");
        await("document.querySelector('#link')?.innerText === 'live'");
        await("document.querySelectorAll('#sizes tbody tr').length > 0");
        System.out.println("live " + text("document.querySelector('#tiles')").replaceAll("\\s+", " "));
        System.out.println(
                "budgets " + text("document.querySelector('#budgets')").replaceAll("\\s+", " "));
        System.out.println("charts " + evaluate("document.querySelectorAll('canvas').length"));
        System.out.println("end");
    }

    private String text(String element) throws Exception {
        return evaluate("(" + element + ").innerText").asString();
    }

    private void await(String condition) throws Exception {
        long deadline = System.currentTimeMillis() + PATIENCE_MILLIS;
        while (!evaluate(condition).asBoolean(false)) {
            if (System.currentTimeMillis() > deadline) {
                throw new IOException("after %,d ms still not: %s; the page says: %s"
                        .formatted(PATIENCE_MILLIS, condition, evaluate("document.body.innerText")));
            }
            Thread.sleep(50);
        }
    }

    private JsonNode evaluate(String expression) throws Exception {
        JsonNode answer = call("Runtime.evaluate", Map.of("expression", expression, "returnByValue", true));
        if (answer.has("exceptionDetails")) {
            throw new IOException(expression + ": " + answer.get("exceptionDetails"));
        }
        return answer.path("result").path("value");
    }

    private JsonNode call(String method, Map<String, ?> parameters) throws Exception {
        int number = numbers.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        answers.put(number, answer);
        Map<String, Object> message = new LinkedHashMap<>();
        message.put("id", number);
        message.put("method", method);
        message.put("params", parameters);
        socket.sendText(json.writeValueAsString(message), true).join();
        JsonNode came = answer.get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        if (came.has("error")) {
            throw new IOException(method + ": " + came.get("error"));
        }
        return came.get("result");
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
        partial.append(data);
        if (last) {
            take(json.readTree(partial.toString()));
            partial.setLength(0);
        }
        from.request(1);
        return null;
    }

    /** An answer, or what went wrong in the page. */
    private void take(JsonNode message) {
        if (message.has("id")) {
            answers.remove(message.get("id").asInt()).complete(message);
        } else if (message.path("method").asString("").equals("Runtime.exceptionThrown")) {
            System.out.println("error " + message.path("params").path("exceptionDetails"));
        } else if (message.path("params")
                .path("entry")
                .path("level")
                .asString("")
                .equals("error")) {
            System.out.println("error " + message.path("params").path("entry"));
        }
    }
}
