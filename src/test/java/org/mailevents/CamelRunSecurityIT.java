package org.mailevents;

import org.mailevents.cases.SecurityCases;
import org.mailevents.support.Certificate;
import org.mailevents.support.OwnProcess;

/** The door of {@code camel run application.properties}, over HTTPS, with all its files in its folder. */
class CamelRunSecurityIT extends SecurityCases {

    CamelRunSecurityIT() {
        super(OwnProcess.folder("routes", "application.properties", "src/main"), Certificate.settings(),
                (folder, settings) -> OwnProcess.camelRun(folder, settings).started());
    }
}
