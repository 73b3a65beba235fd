package dev.sluice.samples.uploadserver;

/** What {@code GET /} answers. */
final class Usage {

    private Usage() {}

    static String of(String host) {
        return """
                curl -T photo.jpg http://%1$s/files/         store, or replace
                curl --data-binary @photo.jpg http://%1$s/files/photo.jpg
                                                             store, unless there is one (409)
                curl http://%1$s/files                       list
                curl -O http://%1$s/files/photo.jpg          fetch
                curl -C - -O http://%1$s/files/photo.jpg     fetch the rest
                curl -I http://%1$s/files/photo.jpg          its length and its tag
                curl -X DELETE http://%1$s/files/photo.jpg   delete
                curl http://%1$s/progress                    what is being uploaded, and the memory
                """.formatted(host);
    }
}
