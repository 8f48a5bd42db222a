package org.mailevents.alert;

import freemarker.template.TemplateMethodModelEx;
import freemarker.template.TemplateModelException;
import freemarker.template.TemplateNumberModel;
import freemarker.template.TemplateScalarModel;
import java.util.List;

/**
 * The function {@code cut(text, most)} of the templates: the text with at most so many characters. Services count characters in different
 * ways, so this counts UTF-16 units, of which a text never has fewer than characters. It never cuts a character into halves.
 */
final class CutText implements TemplateMethodModelEx {

    static final CutText FUNCTION = new CutText();

    private CutText() {
    }

    @Override
    public Object exec(@SuppressWarnings("rawtypes") List arguments) throws TemplateModelException {
        if (arguments.size() != 2 || !(arguments.get(0) instanceof TemplateScalarModel text)
                || !(arguments.get(1) instanceof TemplateNumberModel most)) {
            throw new TemplateModelException("cut needs a text and a number, as in cut(text, 100)");
        }
        return cut(text.getAsString(), most.getAsNumber().intValue());
    }

    static String cut(String text, int most) {
        if (text.length() <= most) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(most - 2)) ? most - 2 : most - 1;
        return text.substring(0, end) + "…";
    }
}
