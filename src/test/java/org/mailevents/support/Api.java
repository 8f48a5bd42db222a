package org.mailevents.support;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.oas.OpenApi30;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.parser.OpenAPIV3Parser;
import io.swagger.v3.parser.core.models.SwaggerParseResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.StreamSupport;

/** Asks the API, and checks each answer against the OpenAPI description. */
public final class Api {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path FILE = Path.of("routes/openapi.yaml").toAbsolutePath();
    private static final OpenAPI DESCRIPTION = parse();
    private static final JsonSchemaFactory SCHEMAS = JsonSchemaFactory.getInstance(VersionFlag.V4,
            factory -> factory.metaSchema(OpenApi30.getInstance()).defaultMetaSchemaIri(OpenApi30.getInstance().getIri()));

    private static final SchemaValidatorsConfig LAZILY = SchemaValidatorsConfig.builder().preloadJsonSchema(false).build();

    private Api() {
    }

    /** The text of the OpenAPI description in {@code routes/}. */
    public static String description() {
        try {
            return Files.readString(FILE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The parsed OpenAPI description. */
    public static OpenAPI model() {
        return DESCRIPTION;
    }

    private static OpenAPI parse() {
        SwaggerParseResult result = new OpenAPIV3Parser().readContents(description());
        assertThat(result.getMessages()).isEmpty();
        return result.getOpenAPI();
    }

    /** A name, encoded for a path. */
    public static String encoded(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** The answer, which must have the status 200 and match the description. */
    public static JsonNode ask(MailEvents application, String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(application.uri(path));
        HttpResponse<String> answer = application.send(headers.length == 0 ? request : request.headers(headers));
        assertThat(answer.statusCode()).as(path + ": " + answer.body()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
        return read("get", path, answer.body());
    }

    /**
     * Reads an answer, which must match the description.
     *
     * @param method the method of the request in lower case
     */
    public static JsonNode read(String method, String path, String body) {
        String described = DESCRIPTION.getPaths().keySet().stream()
                .filter(key -> path.split("\\?")[0].matches(key.replaceAll("\\{\\w+}", "[^/]+")))
                .findFirst().orElseThrow(() -> new AssertionError(path + " is not described"));
        String pointer = "#/paths/" + described.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
                + "/" + method + "/responses/200/content/application~1json/schema";
        JsonSchema schema = SCHEMAS.getSchema(SchemaLocation.of(FILE.toUri() + pointer), LAZILY);
        try {
            JsonNode answer = JSON.readTree(body);
            assertThat(schema.validate(answer, context -> context.getExecutionConfig().setFormatAssertionsEnabled(true))).as(body)
                    .isEmpty();
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }


    /** The element of a list with this value, or null. */
    public static JsonNode find(JsonNode list, String key, String value) {
        return StreamSupport.stream(list.spliterator(), false).filter(element -> element.path(key).asText().equals(value)).findFirst()
                .orElse(null);
    }

}
