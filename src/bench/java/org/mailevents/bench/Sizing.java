package org.mailevents.bench;

/**
 * A small model of how much an installation needs. Everything grows with the number of events, so a line is the measured cost of one event
 * times their number.
 *
 * @param ours     microseconds of processor time that Mail Events needs for an event
 * @param database the same of PostgreSQL
 * @param brokers  the same of Kafka's brokers; 0 without Kafka
 * @param row      bytes of a row on disk, with its indexes
 * @param indexes  bytes of its indexes alone
 * @param log      bytes that the row writes into the write-ahead log
 */
record Sizing(double ours, double database, double brokers, double row, double indexes, double log) {

    /** In the busiest minutes, so many times as many events arrive as on average. */
    private static final double PEAK = 10;
    /** A processor that is busier than this lets webhooks wait. */
    private static final double BUSY = 0.6;
    private static final int CORES_OF_A_PROCESS = 2;
    private static final int DAY = 86_400;

    /** How many events a second some processors store, if nothing else uses them. */
    double eventsPerSecond(int cores, double sender) {
        return cores * 1e6 / (ours + database + brokers + sender);
    }

    /** A line of the table: what a number of events a day needs. */
    String line(long eventsADay) {
        double peak = eventsADay * PEAK / DAY;
        double oursCores = cores(peak, ours);
        int processes = (int) Math.max(1, Math.ceil(oursCores / CORES_OF_A_PROCESS));
        Length length = Length.of(eventsADay * indexes);
        return "| %,d | %,.0f | %.1f | %d | %.1f | %s | %s | %s | %s |%n".formatted(eventsADay, peak, oursCores, processes,
                cores(peak, database), bytes(eventsADay * 30 * row), bytes(peak * log) + "/s", length.setting,
                bytes(2 * length.days * eventsADay * indexes));
    }

    private static double cores(double eventsPerSecond, double micros) {
        return eventsPerSecond * micros / 1e6 / BUSY;
    }

    static String bytes(double bytes) {
        String[] units = {"B", "kB", "MB", "GB", "TB"};
        int unit = 0;
        for (; bytes >= 1_000 && unit < units.length - 1; unit++) {
            bytes /= 1_000;
        }
        return (bytes < 10 ? "%.1f %s" : "%,.0f %s").formatted(bytes, units[unit]);
    }

    /** The lengths of partitions, of which two are in memory while events arrive: that of the present and that of yesterday. */
    private enum Length {
        MONTH("month", 30), WEEK("week", 7), DAY("day", 1);

        private static final double ROOM = 8e9;
        private final String setting;
        private final int days;

        Length(String setting, int days) {
            this.setting = setting;
            this.days = days;
        }

        /** The longest partition with whose indexes the memory of an ordinary server is enough. */
        static Length of(double bytesADay) {
            return 2 * MONTH.days * bytesADay <= ROOM ? MONTH : 2 * WEEK.days * bytesADay <= ROOM ? WEEK : DAY;
        }
    }
}
