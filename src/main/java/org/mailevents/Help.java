package org.mailevents;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.camel.impl.DefaultCamelContext;

/**
 * The texts in which the jar describes itself. Each text answers a command, and its reader may be a program. So the text goes to the
 * standard output unchanged. In the log, each line would get a time and a level, and {@code log.format} could make it JSON.
 */
final class Help {

    private static final String USAGE = """
            Usage: java -jar mail-events.jar [command]

            Start it in the folder that holds routes/ and application.properties.

              (no command)      run Mail Events
              preview           write a page that shows sample alert mails
              preview stored    write the same page with the bounces that were stored last
              check [folder]    look for mistakes in the settings, routes, tests and templates; the exit status is 1 if there is one
              sample            post a day of sample mail to the Mail Events that is running
              sample anyway     do the same, even where the alerts are real mails
              try [file…]       tell what edited routes would change for the stored events; without a
                                file, the drafts in routes/drafts. Before the files: --events=10000,
                                --since=time, --until=time, or --payload=file for a webhook of your own
              reconcile <day>   compare a day, such as 2026-11-24, with the vendor, and repair it; with
                                --dry-run, only tell what would be repaired
              explain "550 …"   tell the cause of a reply, and whether its address is dead. Beside the reply:
                                --to=address, --code=number, --command=RCPT or DATA, --json;
                                or for many replies --json --file=replies.jsonl
              explain-decision <event id>
                                say why an event has its audience, and so who got a mail
              help, --help, -h  show this text
              --version         show the versions of Mail Events and Apache Camel
            """;

    private Help() {
    }

    static void printUsage() throws IOException {
        print(USAGE);
    }

    /** The version of Mail Events is in the manifest of the jar. Classes outside of a jar have no version. */
    static void printVersion() throws IOException {
        Package jar = Help.class.getPackage();
        try (DefaultCamelContext camel = new DefaultCamelContext(false)) {
            print("%s %s%nApache Camel %s%n".formatted(jar.getImplementationTitle(), jar.getImplementationVersion(), camel.getVersion()));
        }
    }

    /** Writes a text to the standard output as it stands. */
    static void print(String text) throws IOException {
        try (OutputStream output = new FileOutputStream(FileDescriptor.out)) {
            output.write(text.getBytes(StandardCharsets.UTF_8));
        }
    }
}
