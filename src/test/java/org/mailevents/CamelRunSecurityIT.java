package org.mailevents;

import org.mailevents.cases.SecurityCases;
import org.mailevents.support.Certificate;
import org.mailevents.support.OwnProcess;

/** The rules for secrets with {@code camel run application.properties}, over HTTPS. All its files are in its folder. */
class CamelRunSecurityIT extends SecurityCases {

    CamelRunSecurityIT() {
        super(OwnProcess.folder("routes", "application.properties", "src/main"), Certificate.settings(),
                (folder, settings) -> OwnProcess.camelRun(folder, settings).started());
    }
}
