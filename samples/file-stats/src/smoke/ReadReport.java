import java.nio.file.Path;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Parses a report in JSON as any other program would, and prints it in lines that a shell can compare. */
final class ReadReport {

    public static void main(String[] args) {
        JsonNode report = JsonMapper.shared().readTree(Path.of(args[0]));
        for (JsonNode file : report.required("files")) {
            System.out.printf(
                    "file %s %d %d %d %s %s%n",
                    file.required("sha256").asString(),
                    file.required("bytes").asLong(),
                    file.required("lines").asLong(),
                    file.required("longestLine").asLong(),
                    file.required("crc32c").asString(),
                    file.required("path").asString());
        }
        for (JsonNode failure : report.required("failures")) {
            System.out.printf(
                    "failure %s: %s%n",
                    failure.required("path").asString(),
                    failure.required("error").asString());
        }
        for (String part : new String[] {"total", "pool"}) {
            report.required(part)
                    .properties()
                    .forEach(field -> System.out.printf("%s.%s %s%n", part, field.getKey(), field.getValue()));
        }
    }
}
