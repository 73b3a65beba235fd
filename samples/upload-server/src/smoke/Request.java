import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
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
 * As much of curl as the smoke test needs, for machines that have none. Each line is METHOD URL BODY HEADERS [-T file] [-r
 * range] [-H header], separated by tabs. Writes the body and the headers of the response to files, and prints the status.
 */
final class Request {

    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    public static void main(String[] arguments) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            System.out.println(status(line.split("\t")));
        }
    }

    private static String status(String[] words) {
        try {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(words[1]));
            HttpRequest.BodyPublisher body = BodyPublishers.noBody();
            for (int i = 4; i < words.length; i += 2) {
                String value = words[i + 1];
                switch (words[i]) {
                    case "-T" -> body = BodyPublishers.ofFile(Path.of(value));
                    case "-r" -> request.header("Range", "bytes=" + value);
                    case "-H" -> request.header(value.replaceFirst(": .*", ""), value.replaceFirst(".*?: ", ""));
                    default -> throw new IllegalArgumentException(words[i]);
                }
            }
            HttpResponse<Path> response =
                    CLIENT.send(request.method(words[0], body).build(), BodyHandlers.ofFile(Path.of(words[2])));
            String headers = response.headers().map().entrySet().stream()
                    .map(header -> header.getKey() + ": " + header.getValue().get(0) + "\n")
                    .collect(Collectors.joining());
            Files.writeString(Path.of(words[3]), headers);
            return Integer.toString(response.statusCode());
        } catch (IOException | InterruptedException e) {
            return e.toString();
        }
    }
}
