package org.mailevents;

import org.mailevents.cases.SecurityCases;
import org.mailevents.support.Certificate;
import org.mailevents.support.OwnProcess;

/** The door of {@code java -jar target/mail-events.jar}, over HTTPS, with all its files in its folder. */
class JarSecurityIT extends SecurityCases {

    JarSecurityIT() {
        super(OwnProcess.folder("routes", "application.properties"), Certificate.settings(),
                (folder, settings) -> OwnProcess.jar(folder, settings).started());
    }
}
