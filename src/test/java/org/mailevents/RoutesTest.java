package org.mailevents;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.model.EndpointRequiredDefinition;
import org.apache.camel.model.EnrichDefinition;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteDefinition;
import org.junit.jupiter.api.Test;
import org.mailevents.support.InProcess;
import org.mailevents.support.TestDatabase;

/**
 * The routes hang together, Java and YAML. That the application starts with them checks their endpoint options, simple expressions
 * and route ids; camel-report-maven-plugin would not read the YAML ones.
 */
class RoutesTest {

    private static final Pattern DIRECT = Pattern.compile("direct:([\\w.-]+)");

    @Test
    void everyDirectEndpointHasASenderAndAConsumer() {
        try (InProcess application = new InProcess(Application.configured(), TestDatabase.h2().settings())) {
            CamelContext context = application.context();
            Set<String> sent = new TreeSet<>();
            Set<String> consumed = new TreeSet<>();
            for (RouteDefinition route : ((ModelCamelContext) context).getRouteDefinitions()) {
                consumed.addAll(directs(route.getInput().getEndpointUri()));
                for (ProcessorDefinition<?> step : ProcessorDefinitionHelper.filterTypeInOutputs(route.getOutputs(), ProcessorDefinition.class)) {
                    if (step instanceof EnrichDefinition enrich) {
                        String target = enrich.getExpression().getExpression();
                        context.getEndpoint(target); // it would be resolved at its first use only
                        sent.addAll(directs(target));
                    } else if (step instanceof EndpointRequiredDefinition to) {
                        sent.addAll(directs(to.getEndpointUri()));
                    }
                }
            }
            assertThat(sent).isEqualTo(consumed);
        }
    }

    @Test
    void everyFileIsOneRouteOfItsNameWithADescriptionInTheExplicitForm() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("routes"))) {
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

    private static List<String> directs(String uri) {
        return DIRECT.matcher(uri).results().map((MatchResult match) -> match.group(1)).toList();
    }
}
