package org.mailevents.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** The start validates the routes, and a mistake in a route stops the start. The camel-report-maven-plugin does not read YAML routes. */
class RoutesTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "route-deliveries | - split:                          | - splitt:                         | splitt",
        "send-alerts      | delay: 1000                       | dellay: 1000                      | dellay"})
    void aMistakeStopsTheStartAndIsNamed(String route, String right, String wrong, String named) throws IOException {
        Path folder = OwnProcess.folder("routes");
        Path file = folder.resolve("routes/" + route + ".camel.yaml");
        String yaml = Files.readString(file);
        assertThat(yaml).contains(right);
        Files.writeString(file, yaml.replace(right, wrong));
        TestSettings settings = TestSettings.of(TestDatabase.h2()).withRoutes(folder.resolve("routes"));
        assertThatThrownBy(settings::startInProcess).hasStackTraceContaining(named);
    }

    @Test
    void everyFileIsOneRouteOfItsNameWithADescriptionInTheExplicitForm() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("routes"))) {
            for (Path file : files.filter(path -> path.toString().endsWith(".camel.yaml")).toList()) {
                String name = file.getFileName().toString().replace(".camel.yaml", "");
                List<String> top = Files.readAllLines(file).stream().filter(line -> line.matches("[^ #].*")).toList();
                if (name.equals("on-error")) {
                    assertThat(top).as(name).containsOnly("- routeConfiguration:");
                } else {
                    assertThat(top).as(name).containsExactly("- route:");
                    assertThat(Files.readString(file)).contains("\n    id: " + name + "\n").containsPattern("\n    description: \\S");
                }
            }
        }
    }
}
