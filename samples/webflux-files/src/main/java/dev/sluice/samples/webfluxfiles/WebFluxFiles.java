package dev.sluice.samples.webfluxfiles;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** The application. */
@SpringBootApplication
class WebFluxFiles {

    public static void main(String[] args) {
        SpringApplication.run(WebFluxFiles.class, args);
    }
}
