package dev.sluice.spring;

import dev.sluice.PoolExhaustedException;
import dev.sluice.flux.ByteLimitException;
import dev.sluice.flux.ByteStreamException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.server.ServerWebExchange;

/**
 * Which errors have an answer. The status follows from whose bytes they are about; no answer says a path of the server.
 */
final class BufferProblems {

    private BufferProblems() {}

    /** The problem that an error is; null for an error that is none, such as one about bytes of the server's own. */
    static @Nullable ProblemDetail of(ServerWebExchange exchange, Throwable error) {
        if (error instanceof PoolExhaustedException exhausted) {
            return exhausted(exchange, exhausted);
        } else if (error instanceof BodyTooLargeException tooLarge) {
            return tooLarge(tooLarge);
        } else if (error instanceof ByteStreamException bytes) {
            return bytes.source()
                            .filter(PooledBufferReader.REQUEST_BODY::equals)
                            .isPresent()
                    ? ofBody(bytes)
                    : null;
        } else if (error instanceof FileSystemException file) {
            return ofFile(exchange.getRequest().getMethod(), file);
        }
        return null;
    }

    private static ProblemDetail exhausted(ServerWebExchange exchange, PoolExhaustedException exhausted) {
        ProblemDetail problem =
                ProblemDetail.forStatusAndDetail(HttpStatus.SERVICE_UNAVAILABLE, exhausted.getMessage());
        problem.setProperty("requestedBytes", exhausted.requestedBytes());
        problem.setProperty("bytesInUse", exhausted.bytesInUse());
        problem.setProperty("idleBytes", exhausted.idleBytes());
        problem.setProperty("limitBytes", exhausted.limitBytes());
        problem.setProperty("pending", exhausted.pending());
        problem.setProperty("retryAfterSeconds", retryAfterSeconds(exchange));
        return problem;
    }

    static long retryAfterSeconds(ServerWebExchange exchange) {
        return RequestBudget.of(exchange)
                .map(RequestBudget::limits)
                .orElse(BufferLimits.DEFAULTS)
                .retryAfterSeconds();
    }

    private static ProblemDetail tooLarge(BodyTooLargeException tooLarge) {
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(HttpStatus.CONTENT_TOO_LARGE, tooLarge.getReason());
        problem.setProperty("limitBytes", tooLarge.limit());
        problem.setProperty("lengthBytes", tooLarge.length());
        return problem;
    }

    /** What the client has sent is too long, malformed or cut off. */
    private static ProblemDetail ofBody(ByteStreamException bytes) {
        HttpStatus status = bytes instanceof ByteLimitException ? HttpStatus.CONTENT_TOO_LARGE : HttpStatus.BAD_REQUEST;
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, bytes.getMessage());
        if (bytes instanceof ByteLimitException limit) {
            problem.setProperty("limitBytes", limit.limit());
        }
        problem.setProperty("offset", bytes.offset());
        return problem;
    }

    /** The request names a file: one that is not there, or one that cannot be put there. */
    private static @Nullable ProblemDetail ofFile(HttpMethod method, FileSystemException file) {
        boolean folder = "is a directory".equals(file.getReason());
        if (isRead(method)) {
            return file instanceof NoSuchFileException || file instanceof NotDirectoryException || folder
                    ? ProblemDetail.forStatusAndDetail(HttpStatus.NOT_FOUND, "there is no such file")
                    : null;
        } else if (file instanceof FileAlreadyExistsException) {
            return ProblemDetail.forStatusAndDetail(HttpStatus.CONFLICT, "the file exists already");
        } else if (folder || file instanceof DirectoryNotEmptyException) {
            return ProblemDetail.forStatusAndDetail(HttpStatus.CONFLICT, "a folder has that name");
        }
        return method == HttpMethod.PUT
                        && (file instanceof NoSuchFileException || file instanceof NotDirectoryException)
                ? ProblemDetail.forStatusAndDetail(HttpStatus.CONFLICT, "there is no such folder")
                : null;
    }

    private static boolean isRead(HttpMethod method) {
        return method == HttpMethod.GET || method == HttpMethod.HEAD || method == HttpMethod.DELETE;
    }
}
