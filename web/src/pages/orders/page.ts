import { definePage } from '@/page'

export default definePage({
  path: '/orders/:id(\\d+)?',
  title: { zh: '工单', en: 'Orders' },
  component: () => import('./OrdersPage.vue'),
  roles: ['dispatcher', 'administrator'],
  rail: { icon: 'order', order: 3 },
  theme: 'night',
})
