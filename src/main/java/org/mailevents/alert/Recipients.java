package org.mailevents.alert;

import jakarta.mail.internet.AddressException;
import jakarta.mail.internet.InternetAddress;
import java.io.UnsupportedEncodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.mailevents.alert.AlertOutbox.Row;
import org.mailevents.channel.Channel;
import org.mailevents.channel.Channels;
import org.mailevents.settings.Settings;

/** Decides who gets a mail, and through which channel. Only settings name the recipients. */
final class Recipients {

    private final Settings settings;
    private final Channels channels;
    private final Set<String> all = new HashSet<>();

    /** @throws IllegalArgumentException if a setting is not a list of mail addresses */
    Recipients(Settings settings, Channels channels) {
        this.settings = settings;
        this.channels = channels;
        all.addAll(lowerCase("alert.to"));
        settings.audiences("alert.to").forEach(setting -> all.addAll(lowerCase(setting)));
        all.addAll(fallback());
    }

    /**
     * One delivery of a mail.
     *
     * @param channel {@link Delivery#MAIL}, or the name of another channel
     * @param address of the channel {@link Delivery#MAIL}: the address without a name; otherwise empty
     */
    record Recipient(String channel, String address) {
    }

    /** Who gets a new mail. It is asked once, in the transaction that makes the mail and has claimed its bounces. */
    List<Recipient> of(Handle handle, Row mail) {
        return mail.what().equals(Digests.NOTHING) ? List.of()
                : mail.what().equals(Digest.WHAT) ? ofDigest(handle, mail.audience(), DigestPeriod.parse(mail.about()).plan())
                : ofIncident(handle, mail);
    }

    /**
     * A service that keeps the incident open is told its end, whatever was answered there: otherwise the incident would stay open for ever.
     * It is told once, because it may have heard of the end while the all-clear waited.
     */
    private List<Recipient> ofIncident(Handle handle, Row mail) {
        List<Recipient> named = named(mail.audience(), mail.what());
        List<Recipient> wanting = Unwanted.without(handle, mail, named);
        return named.stream().filter(recipient -> IncidentPhase.isEnd(mail.what()) && keepsOpen(recipient.channel())
                ? KeptOpen.by(handle, mail.incident(), mail.number()).contains(recipient.channel()) : wanting.contains(recipient)).toList();
    }

    private static boolean keepsOpen(String channel) {
        return Channel.of(channel).filter(Channel::keepsIncidentsOpen).isPresent();
    }

    /** Whoever has chosen how often digests come gets those, and not the digest of the audience. */
    private List<Recipient> ofDigest(Handle handle, String audience, String plan) {
        Map<String, String> chosen = LessOften.frequencies(handle, audience);
        return named(audience, Digest.WHAT).stream().filter(recipient -> plan.equals(
                chosen.getOrDefault(recipient.address().toLowerCase(Locale.ROOT), DigestPeriod.AUDIENCE))).toList();
    }

    /** Whom the settings name for a mail, whatever they have answered. */
    List<Recipient> named(String audience, String what) {
        return channels(audience, what).flatMap(channel -> channel.equals(Delivery.MAIL)
                ? addresses(audience, what).stream().distinct().map(address -> new Recipient(channel, address.getAddress()))
                : Stream.of(new Recipient(channel, ""))).toList();
    }

    /** A chat is told about incidents. Everything else goes by mail. */
    private Stream<String> channels(String audience, String what) {
        if (what.equals(IncidentPhase.UNTOLD_END)) {
            return channels.of(audience).stream().filter(Recipients::keepsOpen);
        }
        return IncidentPhase.isPhase(what) ? channels.of(audience).stream() : Stream.of(Delivery.MAIL);
    }

    /** The addresses that the header {@code To} of a mail shows: all of its audience. Of a digest it is the one who gets it. */
    List<InternetAddress> addresses(Delivery delivery) {
        Mailing mailing = delivery.mailing();
        return addresses(mailing.audience(), mailing.what()).stream()
                .filter(address -> !(mailing instanceof Digest) || address.getAddress().equals(delivery.recipient())).toList();
    }

    private List<InternetAddress> addresses(String audience, String what) {
        List<InternetAddress> addresses = addresses(settings, setting(audience, what));
        // an operator may be the one whom the server refuses
        return what.equals(Notice.REFUSED) && hasFallback()
                ? Stream.concat(addresses.stream(), addresses(settings, Notice.FALLBACK).stream()).toList() : addresses;
    }

    /** The setting that names the recipients of a mail. */
    String setting(Mailing mailing) {
        return setting(mailing.audience(), mailing.what());
    }

    private String setting(String audience, String what) {
        // a recipient whom the alerts do not reach must not be the one who is told about it
        return what.equals(Notice.UNREACHABLE) && hasFallback() ? Notice.FALLBACK : settings.recipientsSetting(audience);
    }

    private boolean hasFallback() {
        return !settings.text(Notice.FALLBACK).isEmpty();
    }

    /** Every address that a mail may go to, in lower case. */
    Set<String> all() {
        return Set.copyOf(all);
    }

    /** The addresses of {@code alert.fallback}, in lower case; none if it is not set. */
    Set<String> fallback() {
        return hasFallback() ? lowerCase(Notice.FALLBACK) : Set.of();
    }

    /** A sentence for each setting that makes {@code alert.fallback} useless. */
    List<String> warnings() {
        return Stream.concat(Stream.of("alert.to"), settings.audiences("alert.to").stream().sorted())
                .filter(setting -> lowerCase(setting).stream().anyMatch(fallback()::contains))
                .map(setting -> "alert.fallback and " + setting + " have an address in common. If alerts do not reach this address, nobody"
                        + " is told. Set alert.fallback to the address of somebody else, at another mail server.").toList();
    }

    private Set<String> lowerCase(String setting) {
        return addresses(settings, setting).stream().map(address -> address.getAddress().toLowerCase(Locale.ROOT))
                .collect(Collectors.toSet());
    }

    /**
     * Reads the mail addresses of a setting.
     *
     * @return one address at least
     * @throws IllegalArgumentException if the setting is not a list of mail addresses
     */
    static List<InternetAddress> addresses(Settings settings, String setting) {
        try {
            List<InternetAddress> addresses = List.of(InternetAddress.parse(settings.required(setting), true));
            if (!addresses.isEmpty() && addresses.stream().allMatch(address -> address.getAddress().matches("[ -~]+@[!-~]+"))) {
                for (InternetAddress address : addresses) {
                    address.setPersonal(address.getPersonal(), StandardCharsets.UTF_8.name()); // encodes the name, which parse does not
                }
                return addresses;
            }
        } catch (AddressException | UnsupportedEncodingException e) {
            throw new IllegalArgumentException("Set " + setting + " to mail addresses, separated by commas: " + e.getMessage(), e);
        }
        throw new IllegalArgumentException("Set " + setting + " to mail addresses, separated by commas. Each address needs an @ and may"
                + " have only ASCII characters. A name before the address may have any characters.");
    }
}
