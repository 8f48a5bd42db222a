package org.mailevents.cause;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds which of many phrases a text contains. It reads each character of the text once, whatever the phrases and the text are (Aho and
 * Corasick, "Efficient string matching", 1975). A regular expression for each phrase would read the text once for each, and could
 * backtrack.
 */
final class Phrases {

    /** The class of all characters that are in no phrase. */
    private static final int OTHER = 0;

    private final List<String> phrases = new ArrayList<>();
    private final char[] classes = new char[Character.MAX_VALUE + 1];
    private int classCount = 1;
    private char[] next;
    /** For each state, the phrases that end there. */
    private int[][] ends;

    /** @param phrases at most some thousand phrases, which are not empty */
    Phrases(List<String> phrases) {
        this.phrases.addAll(phrases);
        build();
    }

    private void build() {
        List<Map<Character, Integer>> tree = new ArrayList<>(List.of(new HashMap<>()));
        List<List<Integer>> found = new ArrayList<>(List.of(new ArrayList<>()));
        for (int phrase = 0; phrase < phrases.size(); phrase++) {
            int state = 0;
            for (char c : phrases.get(phrase).toCharArray()) {
                if (classes[c] == OTHER) {
                    classes[c] = (char) classCount++;
                }
                Integer child = tree.get(state).get(c);
                if (child == null) {
                    child = tree.size();
                    tree.get(state).put(c, child);
                    tree.add(new HashMap<>());
                    found.add(new ArrayList<>());
                }
                state = child;
            }
            found.get(state).add(phrase);
        }
        connect(tree, found);
    }

    /** Adds the transitions for the characters that do not continue a phrase: they lead to the longest suffix that begins a phrase. */
    private void connect(List<Map<Character, Integer>> tree, List<List<Integer>> found) {
        next = new char[tree.size() * classCount];
        int[] suffix = new int[tree.size()];
        Deque<Integer> states = new ArrayDeque<>(List.of(0));
        while (!states.isEmpty()) {
            int state = states.remove();
            int row = state * classCount;
            if (state != 0) {
                System.arraycopy(next, suffix[state] * classCount, next, row, classCount);
                found.get(state).addAll(found.get(suffix[state]));
            }
            tree.get(state).forEach((c, child) -> {
                suffix[child] = state == 0 ? 0 : next[row + classes[c]];
                next[row + classes[c]] = (char) child.intValue();
                states.add(child);
            });
        }
        ends = found.stream().map(list -> list.stream().mapToInt(Integer::intValue).toArray()).toArray(int[][]::new);
    }

    /** The numbers of the phrases that the text contains, in the order of the constructor. */
    BitSet in(String text) {
        BitSet contained = new BitSet(phrases.size());
        int state = 0;
        for (int i = 0; i < text.length(); i++) {
            state = next[state * classCount + classes[text.charAt(i)]];
            for (int phrase : ends[state]) {
                contained.set(phrase);
            }
        }
        return contained;
    }

    @Override
    public String toString() {
        return Arrays.toString(phrases.toArray());
    }
}
