import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;

/**
 * What Java's own client does by default with a job of Talkdesk; being made for HTTP/2 it offers h2c
 * with every request: {@code java HttpClientJob.java BASE_URL TOKEN}.
 */
public class HttpClientJob {
    static final String NAME = "Anrufe März, 日本 🚀";
    static final String ORDER =
        "{\"name\": \"" + NAME + "\", \"format\": \"csv\", \"timespan\": "
            + "{\"from\": \"2026-03-01T00:00:00Z\", \"to\": \"2026-03-02T00:00:00Z\"}}";
    static final byte[] BODY = ORDER.getBytes(StandardCharsets.UTF_8);
    static final String CALLS = path("calls");
    static final String CONTACTS = path("contacts");
    static final String STATUS = path("user_status");

    final Map<String, String> results = new TreeMap<>();
    final HttpClient client = HttpClient.newHttpClient();
    final String base;
    final String token;
    String job;
    String file;

    HttpClientJob(String base, String token) {
        this.base = base;
        this.token = token;
    }

    public static void main(String[] arguments) throws IOException {
        HttpClientJob run = new HttpClientJob(arguments[0], arguments[1]);
        run.task("job", run::job);
        run.task("followed", run::followed);
        run.task("head", run::head);
        run.task("conditional", run::conditional);
        run.task("part", () -> run.bytes(run.to(run.file).header("Range", "bytes=100-")));
        run.task("chunked", () -> run.create(
            BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(BODY)), false));
        run.task("compressed", run::compressed);
        run.task("expecting", () -> run.create(BodyPublishers.ofByteArray(BODY), true));
        run.task("too_large", () -> run.create(BodyPublishers.ofByteArray(new byte[3 << 20]), false));
        run.task("after_reset", run::afterReset);
        StringBuilder written = new StringBuilder();
        run.results.forEach((name, result) ->
            written.append(written.isEmpty() ? "" : ", ").append(pair(name, result)));
        System.out.write(("\n{" + written + "}\n").getBytes(StandardCharsets.UTF_8));
        System.out.flush();
    }

    String job() throws Exception {
        HttpResponse<String> created = client.send(
            to(CALLS).header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(ORDER)).build(),
            BodyHandlers.ofString());
        job = links(created.body(), "self");
        file = links(created.body(), "files");
        HttpResponse<String> polled = null;
        for (int tries = 0; tries < 200; tries++) {
            polled = client.send(to(job).build(), BodyHandlers.ofString());
            if (polled.statusCode() != 200) {
                break;
            }
            Thread.sleep(50);
        }
        HttpResponse<byte[]> loaded = client.send(to(file).build(), BodyHandlers.ofByteArray());
        String first = new String(loaded.body(), 0, 7, StandardCharsets.UTF_8);
        return object(
            pair("created", created.statusCode()),
            pair("name", text(member(created.body(), "name"))),
            pair("end", seen(polled)),
            pair("file", object(pair("status", loaded.statusCode()),
                pair("length", loaded.body().length), pair("first", text(first)))));
    }

    String followed() throws Exception {
        HttpClient following =
            HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).build();
        return seen(following.send(to(job).build(), BodyHandlers.ofString()));
    }

    String head() throws Exception {
        HttpRequest asked = to(file).method("HEAD", BodyPublishers.noBody()).build();
        HttpResponse<String> reply = client.send(asked, BodyHandlers.ofString());
        long length = reply.headers().firstValueAsLong("Content-Length").orElse(-1);
        return object(pair("status", reply.statusCode()), pair("length", length));
    }

    String conditional() throws Exception {
        HttpResponse<byte[]> known = client.send(to(file).build(), BodyHandlers.ofByteArray());
        String etag = known.headers().firstValue("ETag").orElse("\"none\"");
        return bytes(to(file).header("If-None-Match", etag));
    }

    String compressed() throws Exception {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(BODY);
        }
        return created(to(CONTACTS).header("Content-Encoding", "gzip")
            .POST(BodyPublishers.ofByteArray(packed.toByteArray())));
    }

    String afterReset() throws Exception {
        String first = text("error");
        try {
            first = "" + client.send(to(STATUS).build(), BodyHandlers.ofString()).statusCode();
        } catch (IOException reset) {
            // The mock was told to break the connection.
        }
        HttpResponse<String> second = client.send(to(STATUS).build(), BodyHandlers.ofString());
        return object(pair("first", first), pair("second", second.statusCode()));
    }

    String create(BodyPublisher body, boolean expecting) throws Exception {
        return created(to(CONTACTS).expectContinue(expecting).POST(body));
    }

    String created(HttpRequest.Builder asked) throws Exception {
        HttpResponse<String> reply = client.send(
            asked.header("Content-Type", "application/json").build(), BodyHandlers.ofString());
        String name = member(reply.body(), "name");
        return object(pair("status", reply.statusCode()), pair("name", text(name)));
    }

    String bytes(HttpRequest.Builder asked) throws Exception {
        HttpResponse<byte[]> reply = client.send(asked.build(), BodyHandlers.ofByteArray());
        return object(pair("status", reply.statusCode()), pair("length", reply.body().length));
    }

    HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create(base + path))
            .header("Authorization", "Bearer " + token);
    }

    void task(String name, Callable<String> task) {
        try {
            results.put(name, task.call());
        } catch (Exception error) {
            results.put(name, object(pair("error", text(error.toString()))));
        }
    }

    static String path(String type) {
        return "/data/reports/" + type + "/jobs";
    }

    static String seen(HttpResponse<?> reply) {
        return object(pair("status", reply.statusCode()), pair("path", text(reply.uri().getPath())));
    }

    static String links(String json, String name) {
        Matcher found = Pattern.compile("\"" + name + "\":\\{\"href\":\"([^\"]*)\"").matcher(json);
        return found.find() ? found.group(1) : null;
    }

    static String member(String json, String name) {
        Matcher found = Pattern.compile("\"" + name + "\":\"([^\"]*)\"").matcher(json);
        return found.find() ? found.group(1) : "";
    }

    static String text(String value) {
        return "\"" + value.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    static String pair(String name, Object value) {
        return "\"" + name + "\": " + value;
    }

    static String object(String... pairs) {
        return "{" + String.join(", ", pairs) + "}";
    }
}
