package org.mailevents.settings;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressRangeTest {

    @ParameterizedTest
    @CsvSource({"192.0.2.7,192.0.2.7", "192.0.2.7,::ffff:192.0.2.7", "10.0.0.0/8,10.255.0.1", "10.1.2.3/8,10.9.9.9",
        "192.0.2.4/31,192.0.2.5", "192.0.2.4/32,192.0.2.4", "::1,0:0:0:0:0:0:0:1", "2001:db8::/32,2001:db8:ffff::1",
        "128.0.0.0/1,255.255.255.255",
        "::ffff:192.0.2.7,192.0.2.7"})
    void anAddressIsInItsRange(String range, String address) {
        assertThat(AddressRange.of(range)).hasValueSatisfying(read -> assertThat(read.contains(address)).isTrue());
    }

    @ParameterizedTest
    @CsvSource({"192.0.2.7,192.0.2.8", "10.0.0.0/8,11.0.0.1", "192.0.2.4/31,192.0.2.6", "::1,127.0.0.1", "2001:db8::/32,2001:db9::1",
        "192.0.2.7,2001:db8::1", "128.0.0.0/1,127.255.255.255"})
    void anotherAddressIsNot(String range, String address) {
        assertThat(AddressRange.of(range)).hasValueSatisfying(read -> assertThat(read.contains(address)).isFalse());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "192.0.2", "192.0.2.256", "192.0.2.7/33", "192.0.2.7/0", "0.0.0.0/0", "::/0", "::1/129", "localhost", "12",
        "*", "192.0.2.7/", "192.0.2.7/24/8", "192.0.2.7 ", "1:2", "192.0.2.7:8080", "fe80::1%eth0"})
    void anythingElseIsRefused(String text) {
        assertThat(AddressRange.of(text)).isEmpty();
    }
}
