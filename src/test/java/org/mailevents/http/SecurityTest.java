package org.mailevents.http;

import java.util.Map;
import org.mailevents.Application;
import org.mailevents.cases.SecurityCases;
import org.mailevents.support.InProcess;
import org.mailevents.support.OwnProcess;

/** The rules for secrets over HTTP. */
class SecurityTest extends SecurityCases {

    SecurityTest() {
        super(OwnProcess.folder(), Map.of(), (folder, settings) -> new InProcess(Application.configured(), settings));
    }
}
