package org.mailevents.camel;

import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Expression;
import org.apache.camel.RuntimeCamelException;
import org.apache.camel.language.bean.BeanLanguage;
import org.apache.camel.support.ExpressionAdapter;
import org.apache.camel.support.ObjectHelper;

/**
 * Camel's {@code bean} language, by which {@code simple} reads <code>${body.status}</code>, but for one thing: a component of a record
 * is asked for directly. Camel itself copies the exchange three times and looks the methods of the class up, at each reading; for a
 * webhook of a hundred events that took more time than all else.
 */
public final class RecordLanguage extends BeanLanguage {

    private static final ClassValue<Map<String, Method>> COMPONENTS = new ClassValue<>() {
        @Override
        protected Map<String, Method> computeValue(Class<?> type) {
            return type.isRecord() ? Arrays.stream(type.getRecordComponents())
                    .collect(Collectors.toMap(RecordComponent::getName, RecordComponent::getAccessor)) : Map.of();
        }
    };

    private RecordLanguage() {
    }

    /** Before the context resolves any language. */
    public static void use(CamelContext context) {
        context.getRegistry().bind("bean-language", new RecordLanguage());
    }

    /** @param properties as {@link BeanLanguage} takes them: the bean is the second, and what is asked of it the third */
    @Override
    public Expression createExpression(String expression, Object[] properties) {
        Object bean = properties == null || properties.length < 3 ? null : properties[1];
        Method component = bean == null || properties[2] == null ? null
                : COMPONENTS.get(bean.getClass()).get(properties[2].toString().replaceFirst("^\\.", ""));
        return component == null ? super.createExpression(expression, properties) : new ExpressionAdapter() {
            @Override
            public Object evaluate(Exchange exchange) {
                try {
                    return ObjectHelper.invokeMethodSafe(component, bean); // a record need not be public
                } catch (ReflectiveOperationException e) {
                    throw RuntimeCamelException.wrapRuntimeCamelException(e);
                }
            }
        };
    }
}
