package dev.sluice.spring.boot;

import static dev.sluice.spring.boot.PropertyText.message;

/** A property that cannot be right, refused when the application starts. */
final class PropertyInvalidException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String property;
    private final String remedy;

    /**
     * Refuses a property.
     *
     * @param property the name of the property
     * @param wrong what is wrong with it, with its value
     * @param remedy what to write instead
     */
    PropertyInvalidException(String property, String wrong, String remedy) {
        super(message("%s %s", property, wrong));
        this.property = property;
        this.remedy = remedy;
    }

    String property() {
        return property;
    }

    String remedy() {
        return remedy;
    }
}
