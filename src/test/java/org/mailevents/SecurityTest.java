package org.mailevents;

import java.util.Map;
import org.mailevents.support.InProcess;
import org.mailevents.support.OwnProcess;

/** The door over HTTP. */
class SecurityTest extends SecurityCases {

    SecurityTest() {
        super(OwnProcess.folder(), Map.of(), (folder, settings) -> new InProcess(Application.configured(), settings));
    }
}
