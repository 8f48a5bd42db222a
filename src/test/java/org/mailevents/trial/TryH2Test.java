package org.mailevents.trial;

import org.mailevents.support.TestDatabase;

class TryH2Test extends TryCases {

    @Override
    TestDatabase database() {
        return TestDatabase.h2();
    }
}
