package org.mailevents.trial;

import org.mailevents.support.TestDatabase;

class TryPostgresTest extends TryCases {

    @Override
    TestDatabase database() {
        return TestDatabase.postgres();
    }
}
