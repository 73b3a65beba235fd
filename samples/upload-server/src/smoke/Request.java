import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;

/**
 * As much of curl as the smoke test needs, for machines that have none: METHOD URL BODY HEADERS [-T file] [-r range]
 * [-H header]. Writes the body and the headers of the response to files, and prints the status.
 */
final class Request {

    public static void main(String[] arguments) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(arguments[1]));
        HttpRequest.BodyPublisher body = BodyPublishers.noBody();
        for (int i = 4; i < arguments.length; i += 2) {
            String value = arguments[i + 1];
            switch (arguments[i]) {
                case "-T" -> {
                    body = BodyPublishers.ofFile(Path.of(value));
                    request.expectContinue(Files.size(Path.of(value)) > 1 << 20);
                }
                case "-r" -> request.header("Range", "bytes=" + value);
                case "-H" ->
                    request.header(value.substring(0, value.indexOf(':')), value.substring(value.indexOf(':') + 2));
                default -> throw new IllegalArgumentException(arguments[i]);
            }
        }
        HttpResponse<Path> response = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .build()
                .send(request.method(arguments[0], body).build(), BodyHandlers.ofFile(Path.of(arguments[2])));
        Files.writeString(
                Path.of(arguments[3]),
                response.headers().map().entrySet().stream()
                        .map(header ->
                                header.getKey() + ": " + header.getValue().get(0) + "\n")
                        .collect(Collectors.joining()));
        System.out.print(response.statusCode());
    }
}
