package dev.sluice.samples.uploadserver;

import java.util.Locale;

/** Why a request is not done: a status of HTTP and a sentence for people. */
final class Refusal extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final int status;

    Refusal(int status, String message, Object... details) {
        super(String.format(Locale.ROOT, message, details));
        this.status = status;
    }

    int status() {
        return status;
    }
}
