package org.mailevents.route;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The shipped routes match the JSON schema that Camel publishes for its YAML DSL. Editors such as Kaoto complete and check files with it
 * (https://camel.apache.org/components/4.18.x/others/yaml-dsl.html).
 */
class RouteSchemaTest {

    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
    private static final JsonSchema SCHEMA = schema();

    /** Without preloading. With it, the steps within steps of the schema would take 250 MB and several times the processor time. */
    private static JsonSchema schema() {
        try (InputStream schema = RouteSchemaTest.class.getResourceAsStream("/schema/camelYamlDsl.json")) {
            return JsonSchemaFactory.getInstance(VersionFlag.V202012)
                    .getSchema(schema, SchemaValidatorsConfig.builder().preloadJsonSchema(false).build());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    static Stream<Path> routes() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("routes"))) {
            return files.filter(file -> file.toString().endsWith(".camel.yaml")).toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("routes")
    void anEditorCanCheckEachShippedRoute(Path file) throws IOException {
        JsonNode yaml = YAML.readTree(Files.readString(file));

        assertThat(SCHEMA.validate(yaml)).as(file.toString()).isEmpty();
    }

    @Test
    void theSchemaRefusesAMisspeltStep() throws IOException {
        String yaml = Files.readString(Path.of("routes/route-bounces.camel.yaml")).replace("- split:", "- splitt:");

        assertThat(SCHEMA.validate(YAML.readTree(yaml))).isNotEmpty();
    }
}
