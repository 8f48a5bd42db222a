package org.mailevents.alert;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import org.mailevents.settings.Settings;

/** Where the spool of this process is, as a notice to the operators names it. */
final class SpoolPlace {

    private SpoolPlace() {
    }

    /**
     * The name of the machine and the folder, such as {@code mail1:/opt/mail-events/data/spool}. Several processes may use one database,
     * and their folders often have the same path on different machines.
     */
    static String of(Settings settings) {
        Path folder = Path.of(settings.required("spool.directory")).toAbsolutePath().normalize();
        try {
            return InetAddress.getLocalHost().getHostName() + ":" + folder;
        } catch (UnknownHostException e) {
            return folder.toString(); // the machine does not know its own name
        }
    }
}
