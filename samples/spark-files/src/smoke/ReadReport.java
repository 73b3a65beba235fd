import java.io.File;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Prints the JSON of spark-files as lines that a shell can compare. */
class ReadReport {

    public static void main(String[] args) {
        JsonNode report = new JsonMapper().readTree(new File(args[0]));
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
        System.out.printf(
                "total.bytes %d%n", report.required("total").required("bytes").asLong());
        System.out.printf(
                "total.lines %d%n", report.required("total").required("lines").asLong());
        System.out.printf("writtenBytes %d%n", report.required("writtenBytes").asLong());
        for (JsonNode executor : report.required("executors")) {
            System.out.printf(
                    "executor %s %d %d %d %d%n",
                    executor.required("executor").asString(),
                    executor.required("maxBytes").asLong(),
                    executor.required("peakBytes").asLong(),
                    executor.required("tasks").asLong(),
                    executor.required("leaks").asLong());
        }
    }
}
