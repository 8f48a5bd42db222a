package org.mailevents.settings;

import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds the name that somebody probably meant. */
public final class Spelling {

    private Spelling() {
    }

    /** The known name that is most like this one, if one is like it: one slip is enough in a short name, two in a long one. */
    public static Optional<String> similar(String name, Stream<String> known) {
        return known.filter(candidate -> isSimilar(name, candidate)).min(Comparator.comparingInt(candidate -> distance(name, candidate)));
    }

    /** Looks at the lengths first, because the start compares every environment variable with every setting. */
    private static boolean isSimilar(String name, String candidate) {
        int slips = Math.min(2, candidate.length() / 4);
        return Math.abs(name.length() - candidate.length()) <= slips && distance(name, candidate) <= slips;
    }

    /**
     * The optimal string alignment distance: how many letters must be added, removed, replaced or swapped with their neighbour to make one
     * name the other.
     */
    private static int distance(String one, String other) {
        int[][] distances = new int[one.length() + 1][other.length() + 1];
        for (int i = 0; i <= one.length(); i++) {
            for (int j = 0; j <= other.length(); j++) {
                if (i == 0 || j == 0) {
                    distances[i][j] = i + j;
                } else {
                    int replaced = distances[i - 1][j - 1] + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                    distances[i][j] = Math.min(replaced, 1 + Math.min(distances[i - 1][j], distances[i][j - 1]));
                    if (isSwapped(one, i, other, j)) {
                        distances[i][j] = Math.min(distances[i][j], 1 + distances[i - 2][j - 2]);
                    }
                }
            }
        }
        return distances[one.length()][other.length()];
    }

    private static boolean isSwapped(String one, int i, String other, int j) {
        return i > 1 && j > 1 && one.charAt(i - 1) == other.charAt(j - 2) && one.charAt(i - 2) == other.charAt(j - 1);
    }
}
