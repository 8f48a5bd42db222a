package org.mailevents.reconcile;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.LocalDate;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Lists all records of an hour or of a day, page by page. How many records a page may have is not documented for these lists, so this class
 * finds it out: it asks for the largest page that is documented for the API, and takes a page for the last one only if an earlier page was
 * larger.
 */
final class VendorList {

    /** The largest page that the vendor documents ({@code blocks/list}). */
    private static final int LARGEST = 100;
    /** The vendor's default. */
    private static final int DEFAULT = 10;

    private final VendorApi api;
    private int rows = LARGEST;
    /** The largest page of each resource so far. The vendor may allow them different sizes. */
    private final Map<String, Integer> largest = new HashMap<>();

    VendorList(VendorApi api) {
        this.api = api;
    }

    /**
     * The records of an hour or of a day.
     *
     * @param hour from 0 to 23, or null for the whole day
     * @return each record once, although a record may move to the next page while the pages are listed
     */
    Collection<ObjectNode> all(String resource, LocalDate day, Integer hour) throws VendorProblem, InterruptedException {
        Set<ObjectNode> records = new LinkedHashSet<>();
        for (int page = 0;; page++) {
            List<ObjectNode> next = page(resource, day, hour, page);
            boolean isNew = records.addAll(next);
            if (next.size() < largest.getOrDefault(resource, 0) || next.isEmpty()) {
                return records;
            }
            largest.put(resource, next.size());
            if (!isNew) {
                throw new VendorProblem("The vendor's page " + page + " of " + resource + " repeats the pages before it.");
            }
        }
    }

    /** About how many calls these records need. */
    long calls(long records) {
        return records / rows + 1;
    }

    private List<ObjectNode> page(String resource, LocalDate day, Integer hour, int page) throws VendorProblem, InterruptedException {
        try {
            return api.page(resource, day, hour, page, rows);
        } catch (VendorProblem e) {
            if (page > 0 && e.refuses("p")) {
                return List.of();
            }
            if (page > 0 || rows == DEFAULT || !e.refuses("r")) {
                throw e;
            }
            rows = DEFAULT;
            largest.clear();
            return api.page(resource, day, hour, page, rows);
        }
    }
}
