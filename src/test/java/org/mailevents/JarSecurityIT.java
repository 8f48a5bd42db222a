package org.mailevents;

import org.mailevents.cases.SecurityCases;
import org.mailevents.support.Certificate;
import org.mailevents.support.OwnProcess;

/** The rules for secrets with {@code java -jar target/mail-events.jar}, over HTTPS. All its files are in its folder. */
class JarSecurityIT extends SecurityCases {

    JarSecurityIT() {
        super(OwnProcess.folder("routes", "application.properties"), Certificate.settings(),
                (folder, settings) -> OwnProcess.jar(folder, settings).started());
    }
}
