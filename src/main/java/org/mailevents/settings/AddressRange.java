package org.mailevents.settings;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One IP address, or the addresses that begin with the same bits (CIDR, RFC 4632 and RFC 4291, 2.3).
 *
 * @param first an address of the range
 * @param bits  how many bits at its beginning all addresses of the range share
 */
public record AddressRange(InetAddress first, int bits) {

    private static final String OCTET = "(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)";
    /** No host name: its meaning would depend on a DNS server. */
    private static final Pattern FORM =
            Pattern.compile("((?:" + OCTET + "\\.){3}" + OCTET + "|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)(?:/(\\d{1,3}))?");

    /**
     * Reads an address such as {@code 192.0.2.7} or {@code ::1}, or a range such as {@code 10.0.0.0/8}.
     *
     * @return empty if the text is neither, or if the range holds all addresses
     */
    public static Optional<AddressRange> of(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        try {
            InetAddress address = InetAddress.getByName(matcher.group(1));
            int length = 8 * address.getAddress().length;
            int bits = matcher.group(2) == null ? length : Integer.parseInt(matcher.group(2));
            return bits >= 1 && bits <= length ? Optional.of(new AddressRange(address, bits)) : Optional.empty();
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }

    /** @param address an IPv4 address within IPv6 ({@code ::ffff:192.0.2.7}) counts as the IPv4 address */
    public boolean contains(String address) {
        try {
            byte[] one = first.getAddress();
            byte[] other = InetAddress.getByName(address).getAddress();
            boolean same = one.length == other.length;
            for (int bit = 0; same && bit < bits; bit++) {
                int mask = 0x80 >> bit % 8;
                same = (one[bit / 8] & mask) == (other[bit / 8] & mask);
            }
            return same;
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
